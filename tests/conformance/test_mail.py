"""The dev mailbox."""

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.instant import SECOND
from holdfast.model.records import Mail
from tests.conformance.scene import TENANT, Scene, new_id


def mail(scene: Scene, subject: str = "Hello", tenant: str = TENANT) -> Mail:
    to = ("a@example.com", "Ä <b@example.com>")
    return Mail(new_id(scene.now), tenant, "me@example.com", to, subject, "text\n", None, scene.now)


async def test_a_mail_reads_as_it_was_kept(scene: Scene) -> None:
    kept = mail(scene)
    await scene.store.keep_mail(kept)
    page = await scene.store.list_mail(TENANT, None, 10)
    assert page.items == (kept,)
    assert page.next is None


async def test_a_mail_with_the_same_id_is_kept_once(scene: Scene) -> None:
    kept = mail(scene)
    await scene.store.keep_mail(kept)
    await scene.store.keep_mail(kept)
    assert (await scene.store.list_mail(TENANT, None, 10)).items == (kept,)


async def test_mails_are_listed_newest_first_page_by_page(scene: Scene) -> None:
    for number in range(5):
        await scene.store.keep_mail(mail(scene, str(number)))
        scene.clock.move(SECOND)
    seen: list[str] = []
    cursor = None
    while True:
        page = await scene.store.list_mail(TENANT, cursor, 2)
        seen += [item.subject for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]


async def test_another_tenants_mails_are_not_shown(scene: Scene) -> None:
    await scene.store.keep_mail(mail(scene))
    await scene.store.keep_mail(mail(scene, "theirs", "other"))
    assert [item.subject for item in (await scene.store.list_mail("other", None, 10)).items] == ["theirs"]


@pytest.mark.parametrize("cursor", ["", "nonsense", "WzEsMl0"])
async def test_a_cursor_that_no_list_gave_is_invalid(scene: Scene, cursor: str) -> None:
    with pytest.raises(Invalid):
        await scene.store.list_mail(TENANT, cursor, 10)
