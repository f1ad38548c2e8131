package lookalike

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type owned struct{ server, name string }

// builtin are names where the sets of real ones are absent.
const builtin = `github/create_issue github/search_code github/list_commits github/create_pull_request github/get_file_contents
gitlab/create_merge_request gitlab/list_projects slack/post_message slack/list_channels slack/get_users notion/create_page notion/query_database
stripe/create_payment stripe/list_customers stripe/refund_charge filesystem/read_file filesystem/write_file filesystem/list_directory
postgres/execute_query postgres/describe_table redis/set_value redis/get_value docker/list_containers docker/run_container
kubernetes/get_pods kubernetes/apply_manifest aws/describe_instances aws/list_buckets gmail/send_email gmail/search_threads
calendar/create_event calendar/list_events jira/create_ticket jira/transition_issue linear/add_comment asana/assign_task
trello/move_card figma/get_components playwright/browser_click playwright/take_screenshot puppeteer/navigate_page brave/web_search
tavily/extract_content perplexity/ask_question weather/get_forecast maps/calculate_route wikipedia/read_article arxiv/download_paper
youtube/get_transcript spotify/play_track discord/send_message telegram/forward_message shopify/update_product hubspot/create_contact
salesforce/run_report snowflake/list_schemas sentry/resolve_issue datadog/query_metrics grafana/update_dashboard memory/create_entities`

// realNames are names of servers that the list of ordinary words was not made of, and
// whether they are real.
func realNames(t testing.TB) (out []owned) {
	t.Helper()
	root := os.Getenv("MANTLET_CORPORA")
	if root == "" {
		root = "../../../../shared/data"
	}
	files, _ := filepath.Glob(filepath.Join(root, "text/tools_*/data.jsonl"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(b))
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			var s struct{ Server, Name string }
			if json.Unmarshal(lines.Bytes(), &s) != nil || s.Name == "" {
				continue
			}
			server := strings.ToLower(s.Server[strings.LastIndex(s.Server, "/")+1:])
			if heldOut(server) {
				out = append(out, owned{server, s.Name})
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	t.Log("the sets of real tools are not there, a built-in list of names stands in; set MANTLET_CORPORA to the directory of the corpora")
	for f := range strings.FieldsSeq(builtin) {
		server, name, _ := strings.Cut(f, "/")
		out = append(out, owned{server, name})
	}
	return out
}

// heldOut is every second server, as the list of ordinary words counted the others.
func heldOut(server string) bool {
	sum := sha256.Sum256([]byte(server))
	return sum[0]%2 == 1
}

type sim struct{ *rand.Rand }

func (s sim) of(list ...string) string { return list[s.IntN(len(list))] }

// letter is the place of a letter of the name that is not its first.
func (s sim) letter(name string) int {
	for range 100 * min(len(name)-1, 1) {
		if i := 1 + s.IntN(len(name)-1); name[i] >= 'a' && name[i] <= 'z' {
			return i
		}
	}
	return -1
}

// replaceOne replaces one of the pairs that the name holds, or "" where it holds none.
func (s sim) replaceOne(name string, pairs ...string) string {
	for _, i := range s.Perm(len(pairs) / 2) {
		if strings.Contains(name, pairs[2*i]) {
			return strings.Replace(name, pairs[2*i], pairs[2*i+1], 1)
		}
	}
	return ""
}

// techniques make a look-alike of a name; "" or the name itself is none.
var techniques = map[string]func(s sim, name string) string{
	"cyrillic or greek": func(s sim, n string) string {
		return s.replaceOne(n, "a", "а", "e", "е", "o", "о", "p", "р", "c", "с", "i", "і", "s", "ѕ", "o", "ο", "v", "ν", "u", "υ")
	},
	"other scripts": func(s sim, n string) string {
		return s.replaceOne(n, "a", "ɑ", "g", "ɡ", "o", "օ", "n", "ո", "h", "հ", "i", "ı", "l", "ⳑ", "u", "ս", "d", "ԁ", "t", "ꓔ", "r", "ᴦ")
	},
	"full width or mathematical": func(s sim, n string) string {
		i := s.letter(n)
		if i < 0 {
			return ""
		}
		return n[:i] + string(rune(n[i]-'a')+[]rune{0xff41, 0x1d41a, 0x1d5ba, 0x24d0}[s.IntN(4)]) + n[i+1:]
	},
	"marks": func(s sim, n string) string {
		return s.replaceOne(n, "a", "á", "e", "ë", "i", "ï", "o", "ö", "u", "ú", "c", "ç", "n", "ñ", "s", "ş", "l", "ł", "d", "đ")
	},
	"invisible": func(s sim, n string) string {
		i := s.letter(n)
		return n[:max(i, 0)] + s.of("\u200b", "\u200d", "\u00ad", "\u2060", "\ufeff", "\U000E0061", "\ufe0f") + n[max(i, 0):]
	},
	"digits": func(s sim, n string) string {
		return s.replaceOne(n, "o", "0", "l", "1", "i", "1", "s", "5", "e", "3", "a", "4", "t", "7", "g", "9", "oo", "00")
	},
	"letters together": func(s sim, n string) string { return s.replaceOne(n, "m", "rn", "w", "vv", "l", "I") },
	"separators and case": func(s sim, n string) string {
		return s.of(strings.ReplaceAll(n, "_", "-"), strings.ReplaceAll(strings.ReplaceAll(n, "_", ""), "-", ""), strings.ToUpper(n), strings.ReplaceAll(n, "_", "."), strings.ReplaceAll(n, "-", "_"))
	},
	"prefix": func(s sim, n string) string {
		return s.of("official_", "official-", "mcp-", "mcp_", "real_", "the_", "verified-", "secure_", "mcp-server-", "official") + n
	},
	"suffix": func(s sim, n string) string {
		return n + s.of("_v2", "-v2", "V2", "_pro", "-pro", "-server", "_official", "_new", "-mcp", "_plus", "2", "official", "_latest", "-enhanced")
	},
	"word order": func(_ sim, n string) string {
		for _, sep := range []string{"_", "-"} {
			if w := strings.Split(n, sep); len(w) > 1 {
				return strings.Join(append(w[1:], w[0]), sep)
			}
		}
		return ""
	},
	"doubled letter": func(s sim, n string) string {
		i := s.letter(n)
		return n[:max(i, 0)] + n[max(i, 0):max(i, 0)+1] + n[max(i, 0):]
	},
	"dropped letter": func(s sim, n string) string {
		i := s.letter(n)
		return n[:max(i, 0)] + n[max(i, 0)+1:]
	},
	"swapped letters": func(s sim, n string) string {
		i := s.letter(n)
		if i < 1 || i+1 >= len(n) || n[i] == n[i+1] || n[i+1] < 'a' || n[i+1] > 'z' {
			return ""
		}
		return n[:i] + string(n[i+1]) + string(n[i]) + n[i+2:]
	},
	"keyboard": func(s sim, n string) string {
		i := s.letter(n)
		if i < 0 {
			return ""
		}
		for range 50 {
			if c := byte('a' + s.IntN(26)); c != n[i] && neighbours(c, n[i]) {
				return n[:i] + string(c) + n[i+1:]
			}
		}
		return ""
	},
	"plural of a brand": func(s sim, _ string) string {
		b := slices.Sorted(maps.Keys(brands))
		return b[s.IntN(len(b))] + "s"
	},
}

// Squatting: 500 look-alikes of real names and 500 honest neighbours. Each look-alike
// is another name to a registry that compares names alone, which is why it gets in.
func TestSquatting(t *testing.T) {
	names := realNames(t)
	s := sim{rand.New(rand.NewPCG(1, 2))}
	order := slices.Sorted(maps.Keys(techniques))
	caught, made := make(map[string]int), make(map[string]int)
	total, got := 0, 0
	for i := 0; total < 500; i++ {
		how := order[i%len(order)]
		o := names[s.IntN(len(names))]
		target := s.of(o.name, o.name, o.server)
		if len(target) < 5 || len(target) > 64 || strings.ContainsFunc(target, func(r rune) bool { return r > 0x7e || r <= ' ' }) {
			continue
		}
		fake := techniques[how](s, target)
		if how == "plural of a brand" {
			target = strings.TrimSuffix(fake, "s")
		}
		if fake == "" || fake == target {
			continue
		}
		total++
		made[how]++
		if _, ok := Resembles(fake, target, false); ok {
			got++
			caught[how]++
		} else {
			t.Logf("missed: %s, %q for %q", how, fake, target)
		}
	}
	for _, how := range order {
		t.Logf("%-28s %3d of %3d", how, caught[how], made[how])
	}
	t.Logf("prevention: %d of %d look-alikes, %.1f %%", got, total, 100*float64(got)/float64(total))
	if got*100 < total*97 {
		t.Error("fewer look-alikes are caught than before")
	}
}

// neighbour is the real name of another server that is nearest to o and not the same
// letters.
func neighbour(o owned, all []owned) (near owned, distance int) {
	distance = 1 << 20
	own := strings.Join(words(o.name), "")
	for _, other := range all {
		if other.server == o.server || len(other.name)-len(o.name) >= distance || len(o.name)-len(other.name) >= distance {
			continue
		}
		flat := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(other.name))
		if flat == own || len(flat) > MaxName {
			continue
		}
		if d := within(own, flat, min(distance-1, 12)); d > 0 {
			near, distance = other, d
		}
	}
	return near, distance
}

// nearest are pairs of names of different servers that are one letter apart, in an order
// by chance; at most 300.
func nearest(names []owned, s sim) (out [][2]owned) {
	by := make(map[string][]owned)
	for _, o := range names {
		flat := strings.Join(words(o.name), "")
		keys := map[string]bool{flat: true}
		for i := range len(flat) {
			keys[flat[:i]+flat[i+1:]] = true
		}
		for k := range keys {
			for _, other := range by[k] {
				if other.server != o.server && within(strings.Join(words(other.name), ""), flat, 1) == 1 {
					out = append(out, [2]owned{o, other})
				}
			}
			by[k] = append(by[k], o)
		}
	}
	pair := func(p [2]owned) string { return Skeleton(p[0].name) + " " + Skeleton(p[1].name) }
	slices.SortStableFunc(out, func(a, b [2]owned) int { return strings.Compare(pair(a), pair(b)) })
	out = slices.CompactFunc(out, func(a, b [2]owned) bool { return pair(a) == pair(b) })
	s.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:min(len(out), 300)]
}

func TestHonestNeighbours(t *testing.T) {
	names := realNames(t)
	s := sim{rand.New(rand.NewPCG(3, 4))}
	slices.SortFunc(names, func(a, b owned) int { return strings.Compare(a.name+"\x00"+a.server, b.name+"\x00"+b.server) })
	names = slices.CompactFunc(names, func(a, b owned) bool { return a.name == b.name })
	total, wrong, distances := 0, make(map[How]int), 0
	check := func(a, b string) {
		total++
		if r, ok := Resembles(a, b, false); ok {
			wrong[r.How]++
			t.Logf("false alarm: %s, %q for %q", r.How, a, b)
		}
	}
	for _, p := range nearest(names, s) {
		check(p[0].name, p[1].name)
		distances++
	}
	for range 60 {
		o := names[s.IntN(len(names))]
		near, d := neighbour(o, names)
		if near.name != "" {
			check(o.name, near.name)
			distances += d
		}
	}
	t.Logf("%d real neighbours, %.1f letters apart", total, float64(distances)/float64(max(total, 1)))
	verbs := strings.Fields("create update delete get list search close open add remove read write send fetch move copy merge export import archive")
	nouns := strings.Fields("issue file user page table message event task project branch commit comment record order invoice label team report image folder")
	for total < 500 {
		v, n := s.of(verbs...), s.of(nouns...)
		if other := s.of(verbs...); other != v { // create_issue and close_issue
			check(v+"_"+n, other+"_"+n)
		} else {
			check(v+"_"+n, v+"_"+n+s.of("_id", "_ids", "_by_name", "_history"))
		}
	}
	sum := 0
	for _, n := range wrong {
		sum += n
	}
	t.Logf("false alarms: %d of %d honest neighbours, %.1f %%: %v", sum, total, 100*float64(sum)/float64(total), wrong)
	if sum*100 > total*2 {
		t.Error("more false alarms than before")
	}
}
