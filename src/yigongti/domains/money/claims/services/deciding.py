"""What the steps of a finding write, each in the transaction of its step; and who is told."""

from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from yigongti.domains.money.claims.models import Finding
from yigongti.domains.money.claims.permissions import ANSWER, CONFIRM, REVIEW
from yigongti.domains.money.claims.policy import ANSWER_DAYS
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, Permission
from yigongti.kernel.money import fen, yuan
from yigongti.kernel.notices.api import in_the_places_language, notify
from yigongti.kernel.workflow.api import StepRefused
from yigongti.kernel.workflow.models import History
from yigongti.kernel.workflow.table import Answers

LONGEST = 2_000


def take_up(case: Finding, actor: Actor, answers: Answers) -> None:
    case.reviewer_id = actor.id


def ask(case: Finding, actor: Actor, answers: Answers) -> None:
    days = ANSWER_DAYS.at(place=case.place).value
    case.question = str(answers["question"])[:LONGEST]
    case.asked_at = clock.now()
    case.answer_by = case.asked_at + timedelta(days=days)
    _page(case, "asked", _("请就基金监管线索作出说明：%(what)s"), ANSWER, case.institution_id)


def answer(case: Finding, actor: Actor, answers: Answers) -> None:
    case.answer = str(answers["answer"])[:LONGEST]
    case.answered_at = clock.now()
    _page(case, "answered", _("机构已就基金监管线索作出说明：%(what)s"), REVIEW, case.payer_id)


def expire(case: Finding, actor: Actor, answers: Answers) -> None:
    _page(case, "unanswered", _("机构逾期没有就基金监管线索作出说明：%(what)s"), REVIEW, case.payer_id)


def propose(case: Finding, actor: Actor, answers: Answers) -> None:
    """Propose an amount: more than nothing, and not more than what is in question."""
    amount = fen(Decimal(answers["amount_yuan"]))
    if not 0 < amount <= case.amount_fen:
        raise StepRefused(_("认定金额须大于 0，且不超过存疑金额 %(most)s 元。") % {"most": yuan(case.amount_fen)})
    if case.gone_at is not None:
        raise StepRefused(_("最近一次筛查已没有这条线索，不能认定。"))
    case.proposed_by_id = actor.id
    case.proposed_fen = amount
    case.proposed_digest = case.digest
    case.conclusion = str(answers["conclusion"])[:LONGEST]
    _page(case, "proposed", _("请认定基金监管线索：%(what)s"), CONFIRM, case.payer_id)


def confirm(case: Finding, actor: Actor, answers: Answers) -> None:
    """The second person. Not where the facts are no longer those of the proposal."""
    if case.digest != case.proposed_digest or case.gone_at is not None:
        raise StepRefused(_("提出认定之后，事实有变化。请退回重新审核。"))
    case.confirmed_by_id = actor.id
    case.confirmed_at = clock.now()
    case.confirmed_fen = case.proposed_fen
    if case.asked_at is not None:
        _page(case, "confirmed", _("基金监管线索已认定：%(what)s"), ANSWER, case.institution_id)


def send_back(case: Finding, actor: Actor, answers: Answers) -> None:
    case.proposed_by_id = case.proposed_fen = None
    case.proposed_digest = ""
    _page(case, "sent_back", _("基金监管线索被退回审核：%(what)s"), REVIEW, case.payer_id)


def dismiss(case: Finding, actor: Actor, answers: Answers) -> None:
    case.dismissal = str(answers["code"])
    case.dismissal_note = str(answers["note"] or "")[:LONGEST]
    if case.asked_at is not None:
        _page(case, "dismissed", _("基金监管线索已排除：%(what)s"), ANSWER, case.institution_id)


def _page(case: Finding, what: str, title: str, permission: Permission, organisation_id: int | None) -> None:
    if organisation_id is None:
        return
    done = History.objects.filter(workflow=case.workflow.name, case_id=case.pk).count()
    with in_the_places_language():
        notify(
            f"claims.{what}:{case.pk}.{done}",
            title=title % {"what": case.title},
            address=case.get_absolute_url(),
            desk=(permission, organisation_id),
        )
