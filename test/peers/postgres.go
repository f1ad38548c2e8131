package peers

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Postgres starts a PostgreSQL of this test's own, which listens on a socket alone, and
// returns the URL of its database.
func Postgres(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := nobodyMuch(t, dir)
	data := filepath.Join(dir, "data")
	initdb := exec.Command(postgresCommand(t, "initdb"), "--pgdata", data, "--auth", "trust", "--username", "mantlet", "--no-sync", "--encoding", "UTF8", "--locale", "C") //nolint:noctx // ends by itself
	initdb.SysProcAttr, initdb.Dir = as, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	control := func(words ...string) ([]byte, error) {
		c := exec.Command(postgresCommand(t, "pg_ctl"), append([]string{"-D", data, "-w", "-t", "60"}, words...)...) //nolint:gosec,noctx // PostgreSQL's own, ends by itself
		c.SysProcAttr, c.Dir = as, dir
		return c.CombinedOutput()
	}
	if out, err := control("-l", filepath.Join(dir, "log"), "-o", "-k "+dir+" -c listen_addresses= -c fsync=off", "start"); err != nil {
		t.Fatalf("PostgreSQL does not start: %v\n%s", err, out)
	}
	t.Cleanup(func() { _, _ = control("-m", "immediate", "stop") })
	return "postgres://mantlet@/postgres?sslmode=disable&host=" + dir
}

// nobodyMuch makes dir its user's whom PostgreSQL runs as: it refuses root.
func nobodyMuch(t testing.TB, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Skipf("PostgreSQL does not run as root, and there is no user postgres: %v", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}} //nolint:gosec // ids of the system
}

func postgresCommand(t testing.TB, name string) string {
	t.Helper()
	if all, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); err == nil && len(all) > 0 {
		return all[len(all)-1]
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip("there is no PostgreSQL; run test/peers/install.sh (make test does)")
	}
	return path
}
