"""A relay between the program and a server, for what a network does to connections.

It runs in a thread of its own, so a test only says what goes wrong from now on.
"""
import asyncio
import contextlib
import socket
import struct
import threading

CHUNK_BYTES = 1 << 16
CHUNKS_AHEAD = 64  # Read and not yet passed on: a slow way must not become an endless buffer.
RESET = struct.pack('ii', 1, 0)  # SO_LINGER: closing sends RST, not FIN.


class Relay:
    """with Relay(('127.0.0.1', port)) as relay: connect to relay.address

    `delay_s` is how long every byte is on its way, in either direction. `frozen` is a connection
    that stays open and passes nothing on, whatever arrives. With a context of ssl's, whoever
    connects has to speak TLS; the server behind need not.
    """

    def __init__(self, target, host='127.0.0.1', port=0, delay_s=0.0, tls=None):
        self.target = target
        self.delay_s = delay_s
        self.tls = tls
        self.socket = socket.create_server((host, port), backlog=100)
        self.address = self.socket.getsockname()
        self.url = '{}://{}:{}'.format('https' if tls else 'http', *self.address)
        self.accepted = 0
        self.carrying = set()  # The sockets' writers.
        self.loop = asyncio.new_event_loop()
        self.flows = asyncio.Event()
        self.flows.set()
        self.server = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def reset(self):
        """Ends every connection by RST, in both directions."""
        self._call(self._reset())

    def freeze(self):
        """From now on passes nothing on and ends nothing, as a peer that has vanished."""
        self._call(self._set(self.flows.clear))

    def thaw(self):
        """Goes on where it stood."""
        self._call(self._set(self.flows.set))

    def close_the_door(self):
        """Refuses new connections; those that are open stay so."""
        self._call(self._close_the_door())

    def open_the_door(self):
        """Takes connections again, at the same address."""
        self.socket = socket.create_server(self.address, backlog=100)
        self._call(self._listen())

    def show(self, tls):
        """From now on TLS is spoken by this context, and no connection lives that was made before."""
        self.tls = tls
        self.close_the_door()
        self.open_the_door()
        self.reset()

    def __enter__(self):
        self.thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *_):
        self._call(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    @staticmethod
    async def _set(change):
        change()

    async def _listen(self):
        self.server = await asyncio.start_server(self._accept, sock=self.socket, ssl=self.tls)

    async def _close_the_door(self):
        self.server.close()

    async def _end(self):
        await self._close_the_door()
        await self._reset()
        tasks = asyncio.all_tasks(self.loop) - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _reset(self):
        for writer in self.carrying:
            carried = writer.get_extra_info('socket')
            if carried:  # It may have ended a moment ago.
                carried.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _accept(self, reader, writer):
        self.accepted += 1
        try:
            there, back = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        self.carrying |= {writer, back}
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        for one in (writer, back):
            one.close()
            self.carrying.discard(one)

    async def _carry(self, reader, writer):
        chunks = asyncio.Queue(CHUNKS_AHEAD)
        taking = asyncio.create_task(self._take(reader, chunks))
        try:
            await self._give(chunks, writer)
        except OSError:
            writer.transport.abort()
        finally:
            taking.cancel()

    async def _take(self, reader, chunks):
        data = b'...'
        while data:
            try:
                data = await reader.read(CHUNK_BYTES)
            except OSError:
                data = b''
            await chunks.put((self.loop.time() + self.delay_s, data))

    async def _give(self, chunks, writer):
        while True:
            due_s, data = await chunks.get()
            await asyncio.sleep(due_s - self.loop.time())
            await self.flows.wait()
            if not data:
                break
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():  # Not by TLS, whose end is that of the connection.
            with contextlib.suppress(OSError):
                writer.write_eof()
