"""Runs asynchronous invocations: an event is accepted at once, called in the background, tried again, told of."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, Final

from contract.errors import TransientError
from infra.local.functions import Answer, Destinations, Functions
from infra.local.functions_queue import (
    GivenUp,
    Invocation,
    RetryPolicy,
    after,
    dead_letter_attributes,
    destination_record,
)

_AT_ONCE: Final = 16
_POLL_SECONDS: Final = 0.05
_TELLS: Final = 3
_TELL_AGAIN_SECONDS: Final = 0.5
_GIVEN_UP_KEPT: Final = 100


class AsyncInvocations:
    """Lambda's queue of events; nothing in it is lost by a stop."""

    def __init__(
        self,
        *,
        functions: Functions,
        policy: Callable[[str], RetryPolicy],
        destinations: Destinations,
        clock: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        self._functions, self._policy, self._destinations = functions, policy, destinations
        self._clock, self._new_id = clock, new_id
        self._waiting: dict[str, Invocation] = {}
        self._running: dict[str, Invocation] = {}
        self._lock = threading.Lock()
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="functions-async")
        self._thread = threading.Thread(target=self._watch, name="functions-async", daemon=True)
        self.counts = {"accepted": 0, "succeeded": 0, "given_up": 0}
        self.given_up: list[str] = []

    def begin(self) -> None:
        """Call functions from now on."""
        self._thread.start()

    def close(self) -> None:
        """Begin no more; what is unanswered stays so."""
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def submit(self, function_arn: str, event: Any) -> str:
        """Accept an event for a function; its id. The function is called later."""
        invocation = Invocation(id=self._new_id(), function_arn=function_arn, event=event, accepted_at=self._clock())
        with self._lock:
            self._waiting[invocation.id] = invocation
            self.counts["accepted"] += 1
        self._wake.set()
        return invocation.id

    def idle(self) -> bool:
        """Whether every accepted event succeeded or was given up."""
        with self._lock:
            return not (self._waiting or self._running)

    def unanswered(self) -> list[dict[str, Any]]:
        """The events to keep over a restart."""
        with self._lock:
            return [asdict(invocation) for invocation in [*self._running.values(), *self._waiting.values()]]

    def restore(self, invocations: Iterable[Mapping[str, Any]]) -> None:
        """Take up the events an earlier endpoint left unanswered."""
        with self._lock:
            for kept in invocations:
                self._waiting[str(kept["id"])] = Invocation(**kept)

    def last_given_up(self, count: int) -> list[str]:
        """The last `count` events that were given up, as far as they are remembered."""
        with self._lock:
            return self.given_up[-count:] if count else []

    def health(self) -> dict[str, Any]:
        """Counts, what waits, and the last events that were given up."""
        with self._lock:
            waiting = len(self._waiting) + len(self._running)
            return {**self.counts, "waiting": waiting, "last_given_up": list(self.given_up)}

    def poll(self) -> None:
        """Begin every call that is due."""
        with self._lock:
            now = self._clock()
            due = [each for each in self._waiting.values() if each.not_before <= now]
            for invocation in due:
                self._running[invocation.id] = self._waiting.pop(invocation.id)
        for invocation in due:
            self._pool.submit(self._call, invocation)

    def _call(self, invocation: Invocation) -> None:
        try:
            answer = self._functions.invoke(invocation.function_arn, invocation.event)
        except Exception as error:  # noqa: BLE001 - a bug here must not lose the event in silence
            answer = Answer(error=f"{type(error).__name__}: {error}")
        policy = self._policy(invocation.function_arn)
        following = after(invocation, answer, policy, now=self._clock())
        untold = self._tell(following, policy) if isinstance(following, GivenUp) else []
        with self._lock:
            if isinstance(following, Invocation):
                self._waiting[invocation.id] = following
            elif following is None:
                self.counts["succeeded"] += 1
            else:
                self.counts["given_up"] += 1
                self._remember(following, untold)
            del self._running[invocation.id]
        self._wake.set()

    def _remember(self, given_up: GivenUp, untold: list[str]) -> None:
        what = f"{given_up.invocation.function_arn}: {given_up.condition}: {given_up.answer.error}"
        self.given_up.append("; not told: ".join([what, *untold]))
        del self.given_up[:-_GIVEN_UP_KEPT]

    def _tell(self, given_up: GivenUp, policy: RetryPolicy) -> list[str]:
        """Both the destination and the dead-letter queue, as Lambda does where both are set; why one was not told."""
        failures = []
        if policy.on_failure:
            record = destination_record(given_up, now=self._clock())
            failures.append(self._send(policy.on_failure, record, {}))
        if policy.dead_letter:
            body = json.dumps(given_up.invocation.event)
            failures.append(self._send(policy.dead_letter, body, dead_letter_attributes(given_up)))
        return [failure for failure in failures if failure]

    def _send(self, arn: str, body: str, attributes: dict[str, str]) -> str:
        """Why it could not be sent; empty where it was."""
        failure = ""
        for attempt in range(_TELLS):
            self._stopped.wait(attempt * _TELL_AGAIN_SECONDS)
            try:
                self._destinations.send_message(arn, body, attributes)
            except TransientError as error:
                failure = str(error)
            except Exception as error:  # noqa: BLE001 - a bug here must not keep the event on its way for good
                return f"{type(error).__name__}: {error}"
            else:
                return ""
        return failure

    def _watch(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(_POLL_SECONDS)
            self._wake.clear()
            self.poll()
