"""
Python's HTTP/2 (the package h2, by httpx and hypercorn) and gRPC's library in C (grpcio), as clients and servers.

  peers.py httpx URL       many requests at a time
  peers.py hypercorn PORT  answers with what it got
  peers.py grpc-serve PORT echoes
  peers.py grpc PORT       calls of all kinds
"""
import asyncio
import sys

SERVICE = "/mesh.test.Echo/"


async def ask_by_httpx(url):
    import httpx

    async def ask(client, size):
        body = bytes([size % 256]) * size
        response = await client.post(url, content=body)
        assert (response.http_version, response.status_code) == ("HTTP/2", 200), response
        assert response.content == body, len(response.content)

    async with httpx.AsyncClient(http1=False, http2=True, timeout=30) as client:
        await asyncio.gather(*(ask(client, size) for size in [0, 1, 16_384, 65_535, 65_536, 300_000] * 5))
    print("all right")


async def echo(scope, receive, send):
    if scope["type"] != "http":
        return
    assert scope["http_version"] == "2", scope["http_version"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        await send({"type": "http.response.body", "body": message["body"], "more_body": more})


async def serve_by_hypercorn(port):
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    await serve(echo, config, shutdown_trigger=asyncio.Event().wait)


def serve_grpc(port):
    import grpc
    from concurrent.futures import ThreadPoolExecutor

    def once(request, context):
        context.set_trailing_metadata((("x-end-bin", b"\xab\xab"),))
        if request == b"fail":
            context.abort(grpc.StatusCode.NOT_FOUND, "kein Weg nach Köln, 100 %")
        return request

    def both(requests, context):
        yield from requests

    handlers = {
        "Once": grpc.unary_unary_rpc_method_handler(once),
        "Both": grpc.stream_stream_rpc_method_handler(both),
    }
    server = grpc.server(ThreadPoolExecutor(16))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE.strip("/"), handlers)])
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    print("listening", flush=True)
    server.wait_for_termination()


def ask_by_grpc(port):
    import grpc

    with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.default_authority", "catalog")]) as channel:
        once = channel.unary_unary(SERVICE + "Once")
        both = channel.stream_stream(SERVICE + "Both")

        calls = [(size, once.future(b"x" * size, timeout=30)) for size in [0, 1, 1_024, 100_000, 1_000_000] * 10]
        for size, call in calls:
            assert call.result() == b"x" * size
            assert dict(call.trailing_metadata())["x-end-bin"] == b"\xab\xab"

        squeezed = once(b"y" * 100_000, timeout=30, compression=grpc.Compression.Gzip)
        assert squeezed == b"y" * 100_000

        messages = [b"z" * (each * 1_000) for each in range(100)]
        assert list(both(iter(messages), timeout=30)) == messages

        try:
            once(b"fail", timeout=30)
        except grpc.RpcError as error:
            assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "kein Weg nach Köln, 100 %"), error
    print("all right")


command, argument = sys.argv[1:]
if command == "httpx":
    asyncio.run(ask_by_httpx(argument))
elif command == "hypercorn":
    asyncio.run(serve_by_hypercorn(argument))
elif command == "grpc-serve":
    serve_grpc(argument)
elif command == "grpc":
    ask_by_grpc(argument)
