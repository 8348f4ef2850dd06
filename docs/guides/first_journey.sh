#!/usr/bin/env bash
# The first journey with nothing but curl and openssl. docs/guides/first-journey.md explains each step.
#   docs/guides/first_journey.sh http://127.0.0.1:8000
set -euo pipefail
HOST=${1:-http://127.0.0.1:8000}
PASSWORD=yibao-demo-2026 # of the demonstration, printed by `make run`

# Log in as people do: the page, the consent, the code, the token. Authorization code with S256 PKCE (RFC 7636).
log_in() { # log_in ACCOUNT "SCOPES"
    local jar verifier challenge asked page back code message
    jar=$(mktemp)
    verifier=$(openssl rand -base64 48 | tr '+/' '-_' | tr -d '=\n')
    challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary | base64 | tr '+/' '-_' | tr -d '=\n')
    asked="$HOST/oauth/authorize?response_type=code&client_id=explorer&redirect_uri=$HOST/graphiql"
    asked="$asked&scope=${2// /+}&state=abc123&code_challenge=$challenge&code_challenge_method=S256"
    send() { curl -s -o /dev/null -D - -b "$jar" -c "$jar" -H "Origin: $HOST" "$asked" "$@"; }
    page=$(curl -s -b "$jar" -c "$jar" "$asked")
    send -d step=log-in -d "login=$1" -d "password=$PASSWORD" -d "form_token=$(input form_token "$page")" >/dev/null
    page=$(curl -s -b "$jar" -c "$jar" "$asked")
    if grep -q 'name="code"' <<<"$page"; then # staff: the second factor
        send -d step=code -d "code=$(one_time_code "$1")" -d "form_token=$(input form_token "$page")" >/dev/null
        page=$(curl -s -b "$jar" -c "$jar" "$asked")
    else # residents: a code in a message, which the demonstration's sandbox shows
        send -d step=send-text -d "form_token=$(input form_token "$page")" >/dev/null
        page=$(curl -s -b "$jar" -c "$jar" "$asked")
        message=$(grep -o 'http[^"]*/sandbox/messages/[^"]*' <<<"$page" | head -n 1)
        send -d step=text -d "text_code=$(curl -s "$message" | value code)" \
            -d "form_token=$(input form_token "$page")" >/dev/null
        page=$(curl -s -b "$jar" -c "$jar" "$asked")
    fi
    back=$(send -d step=allow -d "account=$(input account "$page")" -d "form_token=$(input form_token "$page")")
    code=$(sed -n 's/^[Ll]ocation:.*[?&]code=\([^&[:space:]]*\).*/\1/p' <<<"$back")
    rm -f "$jar"
    curl -s "$HOST/oauth/token" -d grant_type=authorization_code -d client_id=explorer -d "code=$code" \
        -d "code_verifier=$verifier" -d "redirect_uri=$HOST/graphiql" | value access_token
}
# What an authenticator app shows for a demo account now (RFC 6238); each code works once.
one_time_code() { # one_time_code ACCOUNT
    local key counter digest at
    key=$(printf %s "yibao-demo-$1" | od -An -v -tx1 | tr -d ' \n')
    counter=$(printf %016x $(($(date +%s) / 30)) | sed 's/../\\x&/g')
    digest=$(printf "$counter" | openssl dgst -sha1 -mac HMAC -macopt "hexkey:$key" | sed 's/.*= *//')
    at=$((16#${digest:39:1} * 2))
    printf %06d $(((16#${digest:$at:8} & 0x7fffffff) % 1000000))
}
input() { sed -n "s/.*name=\"$1\" value=\"\([^\"]*\)\".*/\1/p" <<<"$2" | head -n 1; }

# Ask for a trusted document of api/documents by its name. Answers are UTF-8 JSON on one line.
ask() { # ask TOKEN OPERATION VARIABLES
    curl -s "$HOST/graphql" -H "Authorization: Bearer $1" -H 'Content-Type: application/json' \
        -d "{\"operationName\":\"$2\",\"variables\":$3}"
}
value() { grep -o "\"$1\": *\"\{0,1\}[^\",}]*" | head -n 1 | sed 's/^[^:]*: *"\{0,1\}//'; }
key() { cat /proc/sys/kernel/random/uuid; }

parent=$(log_in parent "self:read bill:pay registration:submit")
clerk=$(log_in clerk "resident:read registration:check")
reviewer=$(log_in reviewer "resident:read registration:decide")

echo "== A parent registers a newborn, known by a birth certificate"
today=$(curl -s "$HOST/graphql" -H 'Content-Type: application/json' -d '{"query":"{about{today}}"}' | value today)
form="{\"name\":\"陈小雨\",\"sex\":\"MALE\",\"bornOn\":\"$today\",\"documentType\":\"BIRTH_CERTIFICATE\",
       \"documentNumber\":\"Z$((100000000 + RANDOM * 27000 + RANDOM))\",\"relation\":\"PARENT\",\"evidence\":[\"出生医学证明\"]}"
filed=$(ask "$parent" RegistrationSubmit "{\"input\":{\"idempotencyKey\":\"$(key)\",\"form\":$form}}")
echo "$filed"
id=$(value id <<<"$filed")

echo "== A clerk opens it, and says once and completely what is missing"
ask "$clerk" RegistrationOpen "{\"input\":{\"id\":\"$id\",\"purpose\":\"审核参保登记\"}}" >/dev/null
fault='{"field":"EVIDENCE","text":"请补充出生医学证明的照片"}'
ask "$clerk" RegistrationReturn \
    "{\"input\":{\"idempotencyKey\":\"$(key)\",\"id\":\"$id\",\"expectedVersion\":1,\"faults\":[$fault]}}"
echo

echo "== The parent completes it; the clerk checks; a second person decides about exactly what is shown"
more='{"evidence":["出生医学证明","出生医学证明照片"]}'
completed=$(ask "$parent" RegistrationComplete \
    "{\"input\":{\"idempotencyKey\":\"$(key)\",\"id\":\"$id\",\"expectedVersion\":2,\"form\":$more}}")
version=$(value version <<<"$completed")
checked=$(ask "$clerk" RegistrationCheck \
    "{\"input\":{\"idempotencyKey\":\"$(key)\",\"id\":\"$id\",\"expectedVersion\":$version}}")
seen=$(ask "$reviewer" RegistrationOpen "{\"input\":{\"id\":\"$id\",\"purpose\":\"复核参保登记\"}}")
ask "$reviewer" RegistrationDecide \
    "{\"input\":{\"idempotencyKey\":\"$(key)\",\"id\":\"$id\",\"expectedVersion\":$(value version <<<"$checked"),
      \"contentDigest\":\"$(value contentDigest <<<"$seen")\",\"approve\":true}}"
echo

echo "== The child's bills appear, and one order pays them"
bills=
for _ in $(seq 100); do
    child=$(ask "$parent" Bills '{}' | grep -o '{"name":"陈小雨".*' || true)
    bills=$(grep -o '{"id":"[^"]*","number":"[^"]*","year":[0-9]*,"state":"OPEN"' <<<"$child" |
        sed 's/{"id":\("[^"]*"\).*/\1/' | paste -sd, || true)
    [ -n "$bills" ] && break
    sleep 0.2
done
order=$(ask "$parent" PaymentOrderCreate "{\"input\":{\"idempotencyKey\":\"$(key)\",\"billIds\":[$bills]}}")
echo "$order"

echo "== The platform's page would be opened by the person; a script pays so, and the platform tells us twice at once"
page=$(value payUrl <<<"$order")
platform=$(sed 's#\(https\{0,1\}://[^/]*\)/.*#\1#' <<<"$page")
number=$(value number <<<"$order")
curl -s -o /dev/null "$platform/sandbox/behaviour" -d "{\"out_trade_no\":\"$number\",\"copies\":2}"
curl -s -o /dev/null -X POST "$platform/sandbox/orders/$number/pay"
for _ in $(seq 100); do
    state=$(ask "$parent" PaymentOrder "{\"id\":\"$(value id <<<"$order")\"}")
    grep -q '"state":"PAID"' <<<"$state" && break
    sleep 0.2
done
echo "$state"

echo "== The same fen stand in the fund's books, once"
accountant=$(log_in accountant "ledger:read")
ask "$accountant" TrialBalance '{}' | grep -o '"balanced":[a-z]*'
ask "$accountant" Journal '{"first":20}' | grep -o "\"summary\":\"[^\"]*$number[^\"]*\",\"total\":\"[^\"]*\""

echo "== And the parent sees who read the file"
ask "$parent" Home '{}' | grep -o '"readings":\[[^]]*\]' | head -n 1
