// A client and a server of Go's crypto/tls: peer serve|ask ADDRESS CERTIFICATE KEY BUNDLE NAME.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	mode, address, name := os.Args[1], os.Args[2], os.Args[6]
	pair, err := tls.LoadX509KeyPair(os.Args[3], os.Args[4])
	check(err)
	bundle, err := os.ReadFile(os.Args[5])
	check(err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(bundle) {
		check(fmt.Errorf("no certificate in %s", os.Args[5]))
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{pair}, RootCAs: roots, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert,
		ServerName: name, NextProtos: []string{"mesh/h1"},
	}
	if mode == "serve" {
		serve(address, config)
	} else {
		ask(address, config)
	}
}

func serve(address string, config *tls.Config) {
	listener, err := tls.Listen("tcp", address, config)
	check(err)
	fmt.Println("listening")
	for {
		connection, err := listener.Accept()
		check(err)
		go answer(connection)
	}
}

func answer(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		io.Copy(io.Discard, request.Body)
		fmt.Fprint(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	}
}

func ask(address string, config *tls.Config) {
	connection, err := tls.Dial("tcp", address, config)
	check(err)
	fmt.Println("group", connection.ConnectionState().CurveID)
	fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: catalog\r\nConnection: close\r\n\r\n")
	io.Copy(os.Stdout, connection)
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
