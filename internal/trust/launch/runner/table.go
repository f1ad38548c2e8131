package runner

import (
	"slices"
	"strings"
)

// A runner is how one program's line is read.
type runner struct {
	kind   Kind
	verb   [][]string // the words before the package, in each spelling; none for npx
	named  []string   // options whose value is fetched in place of the first word
	beside []string   // options whose value is fetched as well
	valued []string   // options that take the next argument
	lonely []string   // options that take none
}

var (
	npmValued = fields("-c --call --registry --prefix --userconfig --globalconfig --cache -w --workspace --loglevel --tag --before --cwd -C --dir --node-options --script-shell -n --node-arg --shell --filter -F")
	npmLonely = fields("-y --yes -q --quiet -s --silent --no --no-install --ignore-existing --prefer-offline --prefer-online --offline --ignore-scripts --workspaces --include-workspace-root -d -dd -ddd --verbose --bun --no-audit --no-fund --no-update-notifier --no-progress --shell-mode --allow-build -v")
	npmNamed  = fields("-p --package")
	uvValued  = fields("--python -p --index-url -i --index --extra-index-url --default-index --find-links -f --directory --project --env-file --with-requirements --with-editable --constraints -c --constraint --overrides --override --build-constraints -b --resolution --prerelease --fork-strategy --index-strategy --keyring-provider --exclude-newer --link-mode --refresh-package --reinstall-package --upgrade-package -P --config-file --cache-dir --color --config-setting -C --python-platform --allow-insecure-host --torch-backend")
	uvLonely  = fields("--isolated --no-cache -n --no-cache-dir --offline --quiet -q --verbose -v --native-tls --refresh --reinstall --upgrade -U --no-index --no-config --no-env-file --no-build --no-binary --no-progress --managed-python --no-managed-python --no-python-downloads --no-build-isolation --no-sources --compile-bytecode --preview --system-certs --show-settings")
	runValued = fields("-a --attach --add-host --annotation --blkio-weight --blkio-weight-device -c --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile --cpu-count --cpu-percent --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems --detach-keys --device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --dns --dns-option --dns-opt --dns-search --domainname --entrypoint -e --env --env-file --expose --gpus --group-add --health-cmd --health-interval --health-retries --health-start-interval --health-start-period --health-timeout -h --hostname --io-maxbandwidth --io-maxiops --ip --ip6 --ipc --isolation --kernel-memory -l --label --label-file --link --link-local-ip --log-driver --log-opt --mac-address -m --memory --memory-reservation --memory-swap --memory-swappiness --mount --name --net --net-alias --network --network-alias --oom-score-adj --pid --pids-limit --platform -p --publish --pull --restart --runtime --security-opt --shm-size --stop-signal --stop-timeout --storage-opt --sysctl --tmpfs --ulimit -u --user --userns --uts -v --volume --volume-driver --volumes-from -w --workdir --context --config -H --host --log-level --tlscacert --tlscert --tlskey --arch --os --variant --secret --umask --timezone --tz --pod --uidmap --gidmap --url --connection --identity --root --runroot --namespace --address --snapshotter --rmi-policy")
	runLonely = fields("-d --detach --disable-content-trust -i --interactive --init --no-healthcheck --oom-kill-disable --privileged -P --publish-all -q --quiet --read-only --rm --sig-proxy -t --tty --use-api-socket -D --debug --tls --tlsverify --replace --rmi --tls-verify --remote -r")
)

var runners = map[string]*runner{
	"npx":     npm(nil),
	"bunx":    npm(nil),
	"pnpx":    npm(nil),
	"pnpm":    npm([][]string{{"dlx"}}),
	"yarn":    npm([][]string{{"dlx"}}),
	"bun":     npm([][]string{{"x"}}),
	"npm":     npm([][]string{{"exec"}, {"x"}}),
	"uvx":     {kind: Python, named: fields("--from"), beside: fields("--with -w"), valued: uvValued, lonely: uvLonely},
	"uv":      {kind: Python, verb: [][]string{{"tool", "run"}, {"x"}}, named: fields("--from"), beside: fields("--with -w"), valued: uvValued, lonely: uvLonely},
	"pipx":    {kind: Python, verb: [][]string{{"run"}}, named: fields("--spec"), beside: fields("--with"), valued: fields("--python --index-url -i --pip-args --backend --fetch-python"), lonely: fields("--no-cache --pypackages --system-site-packages --verbose -v --quiet -q --fetch-missing-python")},
	"deno":    {kind: URL, verb: [][]string{{"run"}}, valued: fields("-c --config -L --log-level --import-map --cert --ext --seed --location"), lonely: fields("-A --allow-all -q --quiet -r --reload --no-prompt --no-remote --no-npm --cached-only --allow-net --allow-read --allow-write --allow-env --allow-run --allow-sys --allow-ffi --allow-import -N -R -W -E -S --no-check --check --no-lock --no-config --watch --unstable --node-modules-dir")},
	"docker":  image(),
	"podman":  image(),
	"nerdctl": image(),
}

func npm(verb [][]string) *runner {
	return &runner{kind: NPM, verb: verb, named: npmNamed, valued: npmValued, lonely: npmLonely}
}

func image() *runner {
	return &runner{kind: Image, verb: [][]string{{"run"}, {"create"}, {"container", "run"}, {"container", "create"}}, valued: runValued, lonely: runLonely}
}

func fields(s string) []string { return strings.Fields(s) }

// verbs reports words that are one whole spelling of the verb.
func (r *runner) verbs(words []string) bool {
	return len(r.verb) == 0 && len(words) == 0 || slices.ContainsFunc(r.verb, func(v []string) bool { return slices.Equal(v, words) })
}

// leads reports words that begin a spelling of the verb.
func (r *runner) leads(words []string) bool {
	return slices.ContainsFunc(r.verb, func(v []string) bool { return len(words) <= len(v) && slices.Equal(v[:len(words)], words) })
}
