// Go's net/http as client and server of HTTP/2 in plain text, and the HPACK of golang.org/x/net to compare with.
//
//	peer serve ADDR         answers each request with what it was, as JSON, and the SHA-256 of its body in a trailer
//	peer ask URL N BYTES    sends N requests at a time with bodies of so many bytes, and says what came back
//	peer interop-serve ADDR the server of gRPC's interoperability suite
//	peer interop ADDR CASE  one of its cases, or all
//	peer hpack              reads lines of JSON, and writes one for each: blocks it decodes, fields it encodes
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"

	"golang.org/x/net/http2/hpack"
)

func main() {
	var err error
	switch os.Args[1] {
	case "serve":
		err = serve(os.Args[2])
	case "ask":
		count, _ := strconv.Atoi(os.Args[3])
		bytes, _ := strconv.Atoi(os.Args[4])
		err = ask(os.Args[2], count, bytes)
	case "interop-serve":
		err = interopServe(os.Args[2])
	case "interop":
		err = interopAsk(os.Args[2], os.Args[3])
	case "hpack":
		err = compare()
	default:
		err = fmt.Errorf("unknown command %s", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func plainHttp2() *http.Protocols {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	return &protocols
}

func serve(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	server := http.Server{Protocols: plainHttp2(), Handler: http.HandlerFunc(answer)}
	return server.Serve(listener)
}

func answer(writer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	writer.Header().Set("Trailer", "X-Sum")
	writer.Header().Set("Content-Type", "application/json")
	if request.Header.Get("Early") != "" {
		writer.Header().Set("Link", "</style.css>; rel=preload")
		writer.WriteHeader(http.StatusEarlyHints)
	}
	sum := sha256.Sum256(body)
	_ = json.NewEncoder(writer).Encode(map[string]any{
		"proto": request.Proto, "method": request.Method, "host": request.Host, "path": request.RequestURI, "headers": request.Header, "bytes": len(body),
	})
	if request.Header.Get("Echo") != "" {
		_, _ = writer.Write(body)
	}
	writer.Header().Set("X-Sum", hex.EncodeToString(sum[:]))
}

func ask(url string, count, size int) error {
	client := http.Client{Transport: &http.Transport{Protocols: plainHttp2()}}
	var wait sync.WaitGroup
	failures := make(chan error, count)
	for i := range count {
		wait.Go(func() { failures <- askOnce(&client, url, bytes.Repeat([]byte{byte(i)}, size)) })
	}
	wait.Wait()
	for range count {
		if err := <-failures; err != nil {
			return err
		}
	}
	fmt.Printf("%d right\n", count)
	return nil
}

// The server's answer ends with the body that it got, and has its sum in a trailer.
func askOnce(client *http.Client, url string, body []byte) error {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Echo", "yes")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	switch {
	case response.ProtoMajor != 2 || response.StatusCode != http.StatusOK:
		return fmt.Errorf("%s %s", response.Proto, response.Status)
	case !bytes.HasSuffix(got, body):
		return fmt.Errorf("%d bytes came back, and they are others", len(got))
	case len(got) != bytes.IndexByte(got, '\n')+1+len(body):
		return fmt.Errorf("%d bytes came back: %s", len(got), got[:bytes.IndexByte(got, '\n')])
	case response.Trailer.Get("X-Sum") != hex.EncodeToString(sum[:]):
		return fmt.Errorf("the trailers are %v", response.Trailer)
	}
	return nil
}

// A line of input: the size that the table is to have before, and a block to decode or fields to encode.
type step struct {
	Size   *uint32     `json:"size"`
	Block  *string     `json:"block"`
	Fields [][2]string `json:"fields"`
}

func compare() error {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	decoder := hpack.NewDecoder(4096, nil)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	output := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var each step
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil {
			return err
		}
		if each.Block != nil {
			coded, err := hex.DecodeString(*each.Block)
			if err != nil {
				return err
			}
			read, err := decoder.DecodeFull(coded)
			if err != nil {
				return err
			}
			fields := [][2]string{}
			for _, field := range read {
				fields = append(fields, [2]string{hex.EncodeToString([]byte(field.Name)), hex.EncodeToString([]byte(field.Value))})
			}
			_ = output.Encode(fields)
			continue
		}
		if each.Size != nil {
			encoder.SetMaxDynamicTableSize(*each.Size)
		}
		block.Reset()
		for _, field := range each.Fields {
			name, _ := hex.DecodeString(field[0])
			value, _ := hex.DecodeString(field[1])
			_ = encoder.WriteField(hpack.HeaderField{Name: string(name), Value: string(value)})
		}
		_ = output.Encode(hex.EncodeToString(block.Bytes()))
	}
	return lines.Err()
}
