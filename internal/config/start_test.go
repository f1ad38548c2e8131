package config_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/config"
)

// liveTrust are the settings of trust that a reload puts in force; every other one is named
// by Moved. A setting that somebody adds is one or the other.
var liveTrust = []string{"FirstUse", "Recheck", "Observe", "Valid", "SignersFile", "Probation", "Advisories", "Vulnerable", "MinimumTrust", "Release", "Provenance", "RegistryName", "RegistryURL"}

func TestEverySettingOfTrustIsLiveOrNamed(t *testing.T) {
	parse := func() *config.Config {
		cfg, err := config.Parse("", []byte("trust: {firstUse: ask}\n"))
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	no, least := false, 7
	others := map[reflect.Type]any{
		reflect.TypeFor[string](): "other", reflect.TypeFor[config.Duration](): config.Duration(time.Second), reflect.TypeFor[bool](): true, reflect.TypeFor[*bool](): &no,
		reflect.TypeFor[map[string]config.ReleaseRule](): map[string]config.ReleaseRule{"low": {}}, reflect.TypeFor[config.Provenance](): config.Provenance{NPMRegistry: "x"},
		reflect.TypeFor[*config.Witnesses](): &config.Witnesses{K: 7}, reflect.TypeFor[config.Vulnerable](): config.Vulnerable{High: "pass"}, reflect.TypeFor[*int](): &least,
	}
	kind := reflect.TypeFor[config.Trust]()
	for i := range kind.NumField() {
		f := kind.Field(i)
		if !f.IsExported() {
			continue
		}
		other, ok := others[f.Type]
		if !ok {
			t.Fatalf("%s is of a type that this test has no other value of", f.Name)
		}
		fresh := parse()
		reflect.ValueOf(&fresh.Trust).Elem().Field(i).Set(reflect.ValueOf(other))
		moved := parse().Moved(fresh)
		name := "trust." + strings.ToLower(f.Name[:1]) + f.Name[1:]
		if live := slices.Contains(liveTrust, f.Name); live != (len(moved) == 0) || !live && !slices.Equal(moved, []string{name}) {
			t.Errorf("%s: %v, live is %t", name, moved, live)
		}
	}
	off, err := config.Parse("", []byte("insecure: {trustUnpinned: true}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if moved := parse().Moved(off); !slices.Contains(moved, "whether anything is pinned") {
		t.Errorf("the room is switched off by a reload: %v", moved)
	}
	if moved := parse().Moved(parse()); len(moved) != 0 || len(config.AtStart()) < 10 {
		t.Errorf("%v", moved)
	}
}
