"""Making an account."""

from litestar import Controller, post
from litestar.params import JSONBody

from api.answers import ApiResponse, reply
from api.operation import operation
from api.request import ApiRequest
from api.resources import auth_examples as examples
from api.resources.auth_bodies import NewAccount, RegisterPerson
from api.resources.signing_in import origin_of
from api.services import Service
from application.identity.ports import Passwords, Persons, Strength
from application.identity.register import Register, Registration, register


class RegistrationController(Controller):
    """New accounts."""

    path = "/v1/auth/register"
    tags = ("Accounts",)

    @post(
        status_code=201,
        opt=operation(
            public=True,
            errors=(403, 409, 429, 503),
            headers=("Location",),
            examples=examples.REGISTRATIONS,
            example=examples.NEW_ACCOUNT,
        ),
    )
    async def register_person(
        self,
        request: ApiRequest,
        data: JSONBody[RegisterPerson],
        registration: Service[Registration],
        persons: Service[Persons],
        passwords: Service[Passwords],
        password_strength: Service[Strength],
    ) -> ApiResponse[NewAccount]:
        """Make an account, and a tenant of which it is the owner.

        The address decides, in any case; where it has an account already the answer is 409. A password that is
        short or easily guessed is 422. Where accounts are made by invitation only the answer is 403.
        """
        registered = await register(
            Register(
                email=data.email,
                password=data.password,
                first_name=data.first_name,
                last_name=data.last_name,
                origin=origin_of(request),
            ),
            registration=registration,
            persons=persons,
            passwords=passwords,
            strength=password_strength,
        )
        body = NewAccount(
            id=registered.person.id,
            email=registered.person.email,
            first_name=registered.person.first_name,
            last_name=registered.person.last_name,
            created_at=registered.person.created_at,
            tenant_id=registered.tenant,
        )
        return reply(body, status=201, location="/v1/auth/me")
