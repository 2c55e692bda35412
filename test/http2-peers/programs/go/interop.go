// The interoperability suite of gRPC: its server, and its cases that need no cloud. The client of grpc-go itself brings all of xDS along,
// which takes minutes to compile.
package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/orca"
)

type client struct {
	testgrpc.TestServiceClient
	connection *grpc.ClientConn
}

type call = func(context.Context, testgrpc.TestServiceClient, ...grpc.CallOption)

// A case that fails ends the process, with what is wrong.
var interopCases = map[string]func(context.Context, client){
	"empty_unary":                 of(interop.DoEmptyUnaryCall),
	"large_unary":                 of(interop.DoLargeUnaryCall),
	"client_streaming":            of(interop.DoClientStreaming),
	"server_streaming":            of(interop.DoServerStreaming),
	"ping_pong":                   of(interop.DoPingPong),
	"empty_stream":                of(interop.DoEmptyStream),
	"timeout_on_sleeping_server":  of(interop.DoTimeoutOnSleepingServer),
	"cancel_after_begin":          of(interop.DoCancelAfterBegin),
	"cancel_after_first_response": of(interop.DoCancelAfterFirstResponse),
	"custom_metadata":             of(interop.DoCustomMetadata),
	"status_code_and_message":     of(interop.DoStatusCodeAndMessage),
	"special_status_message":      of(interop.DoSpecialStatusMessage),
	"unimplemented_method":        func(ctx context.Context, c client) { interop.DoUnimplementedMethod(ctx, c.connection) },
	"unimplemented_service": func(ctx context.Context, c client) {
		interop.DoUnimplementedService(ctx, testgrpc.NewUnimplementedServiceClient(c.connection))
	},
}

func of(do call) func(context.Context, client) {
	return func(ctx context.Context, c client) { do(ctx, c) }
}

func interopServe(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	server := grpc.NewServer(orca.CallMetricsServerOption(nil))
	testgrpc.RegisterTestServiceServer(server, interop.NewTestServer())
	return server.Serve(listener)
}

// Runs one case, or all, and says the name of each that has passed.
func interopAsk(target, name string) error {
	names := []string{name}
	if name == "all" {
		names = slices.Sorted(maps.Keys(interopCases))
	}
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithAuthority("catalog"))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, each := range names {
		do, known := interopCases[each]
		if !known {
			return fmt.Errorf("unknown case %s", each)
		}
		do(ctx, client{testgrpc.NewTestServiceClient(connection), connection})
		fmt.Println(each)
	}
	return nil
}
