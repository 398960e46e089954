# SPDX-License-Identifier: Apache-2.0
"""Many objects into a real API server, over several connections at once."""
import sys
import threading

LOADERS = 6


def create_all(cluster, requests_of):
    """requests_of(part): (path, object) of each that loader `part` of LOADERS creates, in this order."""
    failed = []

    def create(part):
        api = cluster.api()
        for path, item in requests_of(part):
            status, answer = api.request("POST", path, item)
            if status != 201:
                failed.append((status, answer))
                return

    threads = [threading.Thread(target=create, args=(part,)) for part in range(LOADERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(f"the cluster cannot be filled: {failed[0]}")
