"""A broker for Vault's rabbitmq engine, whose credentials have short leases."""

from tests.servers.serving import QuietHandler

TTL_S, MAX_TTL_S = 3, 7


class Broker(QuietHandler):
    """RabbitMQ's management API as far as Vault uses it: users and their permissions come and go."""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(204)
        self.end_headers()

    do_DELETE = do_PUT
