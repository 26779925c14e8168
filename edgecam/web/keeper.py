"""Keeps the page's certificate good while it is served: nobody who watches notices."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from datetime import UTC, datetime

from edgecam.errors import EdgecamError, StartError
from edgecam.lifecycle import Backoff
from edgecam.web.certificates import Certificates, Leaf, Names, Renewal, swap, what_is_wrong

logger = logging.getLogger(__name__)

CHECK = 60.0
"""Seconds between two looks at the clock and at the files."""


class CertificateKeeper:
    """Has ``tls`` show what ``certificates`` have for ``names``; first ``leaf``, which is shown.

    ``note`` is told what is wrong with the certificate, "" if nothing is.
    """

    def __init__(
        self,
        certificates: Certificates,
        leaf: Leaf,
        tls: ssl.SSLContext,
        names: Callable[[], Names],
        note: Callable[[str], None],
    ) -> None:
        self.leaf = leaf
        self._certificates = certificates
        self._tls = tls
        self._names = names
        self._note = note
        self._trouble = ""
        self._renewing = asyncio.Lock()
        self._due = asyncio.Event()
        self._tell()

    def look_again(self) -> None:
        """Names or addresses may have changed."""
        self._due.set()

    async def renew(self, renew: Renewal = "due", *, reload: bool = True) -> Leaf:
        """Have a good certificate in use; without ``reload``, only if another is due. StartError if
        what is on disk can't be used: then the one in use stays.
        """
        async with self._renewing:
            names = self._names()
            try:
                leaf = await asyncio.to_thread(
                    self._certificates.ensure, names, mend=False, renew=renew
                )
                if leaf.remade or reload:
                    swap(self._tls, leaf)
            except OSError as error:
                raise StartError(f"the certificate can't be used ({error})") from error
            another = leaf.expires != self.leaf.expires
            self.leaf = leaf
            self._tell()
        if leaf.remade or another:
            logger.info("a new certificate is in use, good until %s", leaf.expires)
        return leaf

    async def run(self) -> None:
        """Renew when addresses change, and as time passes, until cancelled."""
        backoff = Backoff("the certificate")
        while True:
            try:
                async with asyncio.timeout(CHECK):
                    await self._due.wait()
            except TimeoutError:
                pass
            self._due.clear()
            try:
                await self.renew(reload=False)
                backoff.worked()
            except EdgecamError as error:
                # The one in use is still good for a while.
                backoff.failed(error)
                self._note("the certificate can't be renewed, see the log")

    def _tell(self) -> None:
        trouble = what_is_wrong(self.leaf, datetime.now(UTC))
        self._note(trouble)
        if trouble and trouble != self._trouble:
            logger.warning("%s", trouble)
        self._trouble = trouble
