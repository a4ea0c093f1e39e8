#!/usr/bin/env bash
# Runs bootstrap, deploy, update and destroy of the stack with CDK's own command, against moto on
# this machine (pip install 'moto[server]').
#
# This emulation proves that CDK's command accepts the app, that references resolve, that the
# deployed programs are those that were built, that an update reaches the functions, and that
# destroy leaves no stack. It also proves that the deployed functions, with the stack's own
# environments, fulfil requests on this machine and collect an announced film. It cannot prove that
# AWS would accept the stack: moto checks no permissions, and silently ignores the types of resources
# that the script lists at the end, as well as TTL, versioning and encryption. The script replaces
# what moto does not support (secrets, the alarms' ARNs, references to aliases). The functions are
# built for this machine's processor, which may differ from the deployed one.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v moto_server >/dev/null || { echo "moto is missing: pip install 'moto[server]'" >&2; exit 1; }

work=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
unset AWS_CA_BUNDLE AWS_PROFILE AWS_SESSION_TOKEN
export AWS_ENDPOINT_URL=http://localhost:$port AWS_ACCESS_KEY_ID=emulated AWS_SECRET_ACCESS_KEY=emulated
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 # the region of the local services
export CDK_DISABLE_CLI_TELEMETRY=true JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20 NODE_NO_WARNINGS=1

moto_server -H 127.0.0.1 -p "$port" >"$work/moto.log" 2>&1 &
moto=$!
trap 'kill $moto 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  kill -0 $moto 2>/dev/null || { cat "$work/moto.log" >&2; exit 1; }
  sleep 0.1
done

quiet() { "$@" >"$work/cdk.log" 2>&1 || { cat "$work/cdk.log" >&2; return 1; }; }

machine=$(go env GOARCH)
app="go run ./infra -dist $work/dist -machine $machine"
build="make --no-print-directory build DIST=$work/dist MACHINE=$machine"

# synth FOLDER ARGUMENTS… writes the stack into FOLDER, without the parts that moto does not support.
synth() {
  quiet npx cdk synth --quiet --app "$app" --build "$build" -o "$1" -c name=emulated -c keep=false "${@:2}"
  # W3005: CDK also declares dependencies that a reference already implies.
  ! command -v cfn-lint >/dev/null || cfn-lint --ignore-checks W3005 -- "$1/masterhand-emulated.template.json"
  python3 - "$1/masterhand-emulated.template.json" <<'PYTHON'
import json, sys
with open(sys.argv[1]) as f:
    template = json.load(f)
template.pop("Rules", None)
template.get("Parameters", {}).pop("BootstrapVersion", None)
secrets = [k for k, r in template["Resources"].items() if r["Type"] == "AWS::SecretsManager::Secret"]
for name in secrets:
    del template["Resources"][name]
for output in ("Url", "IntakeUrl"):
    del template["Outputs"][output]
for r in template["Resources"].values():  # moto has no aliases: their callers call the function
    if r["Type"] in ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"):
        alias = next(a for a in template["Resources"] if json.dumps({"Ref": a}) in json.dumps(r["Properties"]["FunctionName"]))
        r["Properties"]["FunctionName"] = template["Resources"][alias]["Properties"]["FunctionName"]
text = json.dumps(template)
for name in secrets:
    text = text.replace(json.dumps({"Ref": name}), f'"arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-AbCdEf"')
for name, r in template["Resources"].items():  # moto has no ARNs of alarms, which the dashboard uses
    if r["Type"] == "AWS::CloudWatch::Alarm":
        text = text.replace(json.dumps({"Fn::GetAtt": [name, "Arn"]}), f'"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}"')
for name, r in template["Resources"].items():
    if r["Type"] == "AWS::Lambda::Alias":
        text = text.replace(json.dumps({"Ref": name}), json.dumps({"Fn::GetAtt": [r["Properties"]["FunctionName"]["Ref"], "Arn"]}))
with open(sys.argv[1], "w") as f:
    f.write(text)
PYTHON
}

deploy() { quiet npx cdk deploy --app "$1" --build true --method=direct --require-approval never --tags team=films; }

# check LIBRARIES checks the deployed stack: its programs, and its environments with these libraries.
check() {
  python3 - "$1" "$work/dist" <<'PYTHON'
import base64, boto3, hashlib, io, json, os, sys, urllib.request, zipfile
formation = boto3.client("cloudformation")
stack = formation.describe_stack_resources(StackName="masterhand-emulated")["StackResources"]
deployed = formation.describe_stacks(StackName="masterhand-emulated")["Stacks"][0]
assert {"Key": "team", "Value": "films"} in deployed["Tags"], deployed["Tags"]
outputs = {o["OutputKey"]: o["OutputValue"] for o in deployed["Outputs"]}
assert json.loads(outputs["Settings"]).get("libraries", []) == json.loads(sys.argv[1] or "[]"), outputs["Settings"]
functions = {f["FunctionName"]: f for f in boto3.client("lambda").list_functions()["Functions"]}
programs = [p for p in os.listdir(sys.argv[2]) if p != "receive"]  # only stacks with doors have receive
assert len(functions) == len(programs), list(functions)
s3 = boto3.client("s3")
staged = next(b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("cdk-"))
for program in programs:
    name = next(n for n in functions if n.startswith("masterhand-emulated-" + program.title()))
    f = functions[name]
    told = f["Environment"]["Variables"]
    bucket = "INTAKE_BUCKET" if program == "intake" else "MASTERS_BUCKET"
    assert any(r.get("PhysicalResourceId") == told[bucket] for r in stack), told
    assert program == "intake" or told.get("LIBRARIES", "") == sys.argv[1], told
    with open(f"{sys.argv[2]}/{program}/bootstrap", "rb") as built:
        want = hashlib.sha256(built.read()).hexdigest()
    found = False
    for o in s3.list_objects_v2(Bucket=staged)["Contents"]:
        data = s3.get_object(Bucket=staged, Key=o["Key"])["Body"].read()
        if base64.b64encode(hashlib.sha256(data).digest()).decode() == f["CodeSha256"]:
            found = hashlib.sha256(zipfile.ZipFile(io.BytesIO(data)).read("bootstrap")).hexdigest() == want
    assert found, f"{name} does not run the {program} that was built"
print(f"  {len(programs)} functions run the built programs, with the libraries:", sys.argv[1] or "the whole bucket")
PYTHON
}

echo "bootstrap"; synth "$work/first"; quiet npx cdk bootstrap aws://123456789012/us-east-1 --app "$work/first" --build true
echo "deploy"; deploy "$work/first"; check ""
libraries='[{"name":"a","prefix":"a/"}]'
echo "update"; synth "$work/second" -c "libraries=$libraries"; deploy "$work/second"; check "$libraries"
if [ "$(uname)" = Linux ]; then go run ./infra/local/proof/deployed masterhand-emulated; else echo "  functions not run: the emulation runs them only on Linux"; fi
echo "destroy"; quiet npx cdk destroy --app "$work/second" --build true --force
python3 -c 'import boto3; left = [s["StackName"] for s in boto3.client("cloudformation").describe_stacks()["Stacks"] if s["StackName"] != "CDKToolkit"]; assert not left, left'
echo "all checks passed; moto does not support:"
grep -oE 'support for AWS::[A-Za-z]+::[A-Za-z]+' "$work/moto.log" | sort -u | sed 's/support for /  /'
