"""Every Protocol that the engine needs from the outside.

``Store`` is a port of intent methods in batches. What holds for every adapter:

* A method is one transaction: all of a batch commits, or the call raises and nothing did. A batch item that loses
  (a stale lease, a taken unique key) is answered in its own result and never fails the others.
* Row locks are taken in id order: runs before jobs. No transaction reaches from one run into another.
* ``now`` is given by the caller and comes from the ``Clock`` port, never from the adapter.
* A lost connection is ``Unavailable``. After an unknown commit the same call, repeated with the same ids, dedupe keys
  and leases, answers as the first would have: "already mine" is success.
* Every method that serves a caller takes the tenant; nothing of another tenant is found.
"""

from holdfast.ports.access import (
    AuditFilter,
    AuditStore,
    InviteStore,
    KeyStore,
    NewUser,
    PeopleStore,
    SessionStore,
    ThrottleStore,
    UserChange,
)
from holdfast.ports.handlers import CallFailed, Handlers, Lifeline, NodeContext, NodeType, Stragglers, WorkflowCalls
from holdfast.ports.jobs import JobStore
from holdfast.ports.receivers import NotReceiving, Receiver, Receivers
from holdfast.ports.secrets import AttemptSecrets, Connection, SecretRefused, SecretUnavailable, SecretUses
from holdfast.ports.store import AnswerStore, EventStore, Mailbox, RunStore, Store, TenantStore, WorkflowStore
from holdfast.ports.streams import Delivered, Offer, OfferStore, Ready, Seat, Streams
from holdfast.ports.subscriptions import SealingFailed, SubscriptionStore, Vault
from holdfast.ports.surroundings import Clock, Entropy, Exposition, MailServers, MailTransport, Notifier, Observer
from holdfast.ports.triggers import RuleStore, TriggerStore
from holdfast.ports.values import (
    KEEP,
    Accepted,
    Changed,
    ClaimRequest,
    Dedupe,
    Feed,
    Finished,
    Handed,
    Handover,
    Keep,
    Listeners,
    NewJobs,
    NewRun,
    NewTenant,
    NewVersion,
    NewWorker,
    Pulse,
    QueueChange,
    Rescued,
    SubscriptionChange,
    Taker,
    TenantChange,
    Touch,
)

__all__ = [
    "KEEP",
    "Accepted",
    "AnswerStore",
    "AttemptSecrets",
    "AuditFilter",
    "AuditStore",
    "CallFailed",
    "Changed",
    "ClaimRequest",
    "Clock",
    "Connection",
    "Dedupe",
    "Delivered",
    "Entropy",
    "EventStore",
    "Exposition",
    "Feed",
    "Finished",
    "Handed",
    "Handlers",
    "Handover",
    "InviteStore",
    "JobStore",
    "Keep",
    "KeyStore",
    "Lifeline",
    "Listeners",
    "MailServers",
    "MailTransport",
    "Mailbox",
    "NewJobs",
    "NewRun",
    "NewTenant",
    "NewUser",
    "NewVersion",
    "NewWorker",
    "NodeContext",
    "NodeType",
    "NotReceiving",
    "Notifier",
    "Observer",
    "Offer",
    "OfferStore",
    "PeopleStore",
    "Pulse",
    "QueueChange",
    "Ready",
    "Receiver",
    "Receivers",
    "Rescued",
    "RuleStore",
    "RunStore",
    "SealingFailed",
    "Seat",
    "SecretRefused",
    "SecretUnavailable",
    "SecretUses",
    "SessionStore",
    "Store",
    "Stragglers",
    "Streams",
    "SubscriptionChange",
    "SubscriptionStore",
    "Taker",
    "TenantChange",
    "TenantStore",
    "ThrottleStore",
    "Touch",
    "TriggerStore",
    "UserChange",
    "Vault",
    "WorkflowCalls",
    "WorkflowStore",
]
