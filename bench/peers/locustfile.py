"""The same load as the other peers, for locust: users that request one path, without waits."""

import os

from locust import FastHttpUser, task

PATH = os.environ.get("PEER_PATH", "/")


class Getter(FastHttpUser):
    """Requests the path repeatedly over one connection, without verifying certificates."""

    insecure = True

    @task
    def get(self):
        self.client.get(PATH)
