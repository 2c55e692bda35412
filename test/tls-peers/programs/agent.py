"""An agent that speaks the Workload API by what others have written: the messages of py-spiffe, and gRPC's own server.

Each line of its input is JSON: what it gives from then on, to calls that are open, too. Null: the workload is not registered.
"""
import json
import os
import queue
import sys
from concurrent import futures

import grpc
from spiffe._proto import workload_pb2, workload_pb2_grpc


class Agent(workload_pb2_grpc.SpiffeWorkloadAPIServicer):
    def __init__(self):
        self.given = None
        self.calls = []

    def FetchX509SVID(self, request, context):
        if ("workload.spiffe.io", "true") not in context.invocation_metadata():
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "security header missing from request")
        news = queue.Queue()
        self.calls.append(news)
        news.put(self.given)
        while True:
            svids = news.get()
            if svids is None:
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "no identity issued")
            yield workload_pb2.X509SVIDResponse(
                svids=[
                    workload_pb2.X509SVID(
                        spiffe_id=svid["id"], x509_svid=bytes.fromhex(svid["cert"]), x509_svid_key=bytes.fromhex(svid["key"]),
                        bundle=bytes.fromhex(svid["bundle"]), hint="internal",
                    )
                    for svid in svids
                ],
                federated_bundles={"spiffe://elsewhere.example": bytes.fromhex(svids[0]["bundle"])},
            )

    def give(self, svids):
        self.given = svids
        for news in self.calls:
            news.put(svids)


agent = Agent()
server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
workload_pb2_grpc.add_SpiffeWorkloadAPIServicer_to_server(agent, server)
server.add_insecure_port(f"unix:{sys.argv[1]}")
server.start()
print("ready", flush=True)
for line in sys.stdin:
    agent.give(json.loads(line))
# Calls that are open would keep it alive.
os._exit(0)
