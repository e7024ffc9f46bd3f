"""A physical standby, which can be read from since PostgreSQL 16."""
import os
import shutil
import signal

from postgres_server import PostgresServer, account


class Standby(PostgresServer):
    """A copy of another server, which follows it. The other one is shut down for a moment."""

    def __init__(self, primary):
        self.primary = primary
        super().__init__(primary.version)

    def _initialise(self):
        data = self.folder / 'data'
        self.primary.shut_down()
        shutil.copytree(self.primary.folder / 'data', data)
        self.primary.start()
        for path in [data, *data.rglob('*')]:
            os.chown(path, account().pw_uid, account().pw_gid)
        (data / 'standby.signal').touch()
        self._configure(port=self.port, unix_socket_directories=self.folder,
                        hot_standby_feedback='on', primary_conninfo=self.primary.dsn())

    def _configure(self, **settings):
        with open(self.folder / 'data' / 'postgresql.conf', 'a', encoding='utf-8') as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def delay(self, how_long):
        """From its next start, or from now on if it runs, it applies commits that much later."""
        self._configure(recovery_min_apply_delay=how_long)
        if self.is_running:
            self.process.send_signal(signal.SIGHUP)
