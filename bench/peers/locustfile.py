"""What the other peers do, for locust: users that get one path, without waits."""

import os

from locust import FastHttpUser, task

PATH = os.environ.get("PEER_PATH", "/")


class Getter(FastHttpUser):
    """Gets the path again and again over one connection; certificates aren't checked."""

    insecure = True

    @task
    def get(self):
        self.client.get(PATH)
