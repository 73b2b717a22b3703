"""Erasing oneself."""

from typing import Final

import msgspec
from litestar import delete
from litestar.params import JSONBody

from api.answers import ApiResponse, reply
from api.operation import operation
from api.request import ApiRequest
from api.resources.account import AccountController
from api.resources.auth_bodies import Password
from api.resources.auth_cookie import cleared
from api.resources.signing_in import origin_of, person_of, refusals_told
from api.services import Service
from application.identity.erase import ErasePerson, Erasure, erase_person
from application.identity.ports import Passwords, Persons, SignIns

EXAMPLES: Final = {"erase": {"password": "seven quiet herons at dawn"}}


class EraseAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password once more: a token that was left open somewhere is not enough."""

    password: Password


class ErasureController(AccountController):
    """An account up to its end; one path has one controller."""

    @delete(status_code=204, opt=operation(person=True, errors=(404, 409, 429, 503), examples=EXAMPLES))
    async def erase_account(
        self,
        request: ApiRequest,
        data: JSONBody[EraseAccount],
        persons: Service[Persons],
        sign_ins: Service[SignIns],
        passwords: Service[Passwords],
        erasure: Service[Erasure],
    ) -> ApiResponse[None]:
        """Erase your account: address, names, password, sessions and memberships, at once and for good.

        What you did stays in the history under an id that leads to nobody. The only owner of a tenant with other
        members is refused (409). A tenant that nobody else belongs to loses its name, keys and webhooks with you.
        """
        command = ErasePerson(person=person_of(request), password=data.password, origin=origin_of(request))
        with refusals_told():
            await erase_person(
                command, persons=persons, sign_ins=sign_ins, passwords=passwords, erasure=erasure
            )
        return reply(None, status=204, headers=cleared())
