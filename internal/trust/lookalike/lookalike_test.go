package lookalike

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSkeleton(t *testing.T) {
	for _, same := range [][]string{
		{"github", "GitHub", "git_hub", "git-hub", "gіthub", "ｇｉｔｈｕｂ", "𝐠𝐢𝐭𝐡𝐮𝐛", "ⓖⓘⓣⓗⓤⓑ", "g1thub", "gl thub", "git\u200bhub", "gíthub", "ԍithub", "GITΗUB", "🇬🇮🇹🇭🇺🇧", "git\U000E0061hub", "ᏀithuᏏ"},
		{"send_email", "sendEmail", "send-ernail", "send_emai1", "5end_email", "ѕеnd_еmаіl", "SEND.EMAIL"},
		{"google", "g00gle", "goоgle", "gοοgle", "gօօgle", "GOOGLE"},
		{"oauth", "0auth", "Oauth"},
		{"wallet", "vvallet", "ԝallet", "wa11et"},
		{"list_files", "1ist_files", "Iist_files", "li5t_files", "l\u0456st_f\u0456les", "lіst—files"},
		{"page_10", "page١٠", "page_1o", "page10"},
		{"paypal", "раураl", "pаypal", "ρaypal", "PayPaI", "p@ypal"},
	} {
		for _, s := range same {
			if Skeleton(s) != Skeleton(same[0]) {
				t.Errorf("%q is %q, %q is %q", s, Skeleton(s), same[0], Skeleton(same[0]))
			}
		}
	}
	for _, differ := range [][2]string{{"step_6", "step_8"}, {"v2", "v3"}, {"github", "gitlab"}, {"page_1", "page_2"}, {"ab", "ba"}, {"获取", "查询"}} {
		if Skeleton(differ[0]) == Skeleton(differ[1]) {
			t.Errorf("%q and %q look alike", differ[0], differ[1])
		}
	}
	rows := 0
	for letter, doubles := range confusable {
		rows += utf8.RuneCountInString(doubles)
		for _, r := range doubles {
			if got := Skeleton("x" + string(r) + "x"); got != skeleton("x"+string(letter)+"x") {
				t.Errorf("%U is %q, want %c", r, got, letter)
			}
		}
	}
	t.Logf("%d confusable runes", rows)
}

// Each way of squatting, and honest neighbours that must not be taken for it.
func TestResembles(t *testing.T) {
	for _, c := range []struct {
		name, known string
		how         How
	}{
		{"gіthub", "github", Confusable}, {"send-ernail", "send_email", Confusable}, {"getUser", "get_user", Separators}, {"GITHUB", "github", Separators},
		{"official_github", "github", Affix}, {"github-mcp-server", "github", Affix}, {"github_v2", "github", Affix}, {"githubofficial", "github", Affix}, {"github", "github-pro", Affix}, {"get_user_2", "get_user", Affix},
		{"email_send", "send_email", Order}, {"server-github", "github-server", Affix},
		{"slacks", "slack", Plural}, {"stripe_create", "stripes_create", Plural},
		{"gihtub", "github", Swapped}, {"githhub", "github", Doubled}, {"gthub", "github", Dropped}, {"githib", "github", Keyboard},
		{"serch_documents", "search_documents", Dropped}, {"mcp-serrver-raygun", "mcp-server-raygun", Doubled}, {"kuberentes", "kubernetes", Swapped}, {"gte_user", "get_user", Swapped}, {"grrok-mcp", "grok-mcp", Doubled}, {"list_dealss", "list_deals", Doubled}, {"api-mcp-serverV2", "api-mcp-server", Affix},
		{"postgrezql_querry", "postgresql_query", Typo},
	} {
		r, ok := Resembles(c.name, c.known, false)
		if !ok || r.How != c.how || r.Known != c.known {
			t.Errorf("%q for %q: %v %v, want %v", c.name, c.known, ok, r.How, c.how)
		}
		if _, ok := Resembles(c.name, c.known, true); ok != (c.how <= Separators) {
			t.Errorf("%q for %q on one server: %v", c.name, c.known, ok)
		}
	}
	for _, honest := range [][2]string{
		{"list_files", "list_file_ids"}, {"create_issue", "close_issue"}, {"github", "gitlab"}, {"slack", "stack"}, {"get_user", "get_users"},
		{"get_user", "get_user_by_id"}, {"read_file", "read_files"}, {"get_cve", "get_cpe"}, {"search", "research"}, {"import_data", "export_data"},
		{"add_label", "add_table"}, {"notion", "motion"}, {"get_page", "get_image"}, {"lock", "unlock"}, {"sql", "ssl"}, {"s3", "ec2"}, {"", "github"}, {"---", "github"}, {"github", "github"},
	} {
		for _, p := range [][2]string{honest, {honest[1], honest[0]}} {
			if r, ok := Resembles(p[0], p[1], false); ok {
				t.Errorf("%q is taken for %q: %v", p[0], p[1], r.How)
			}
		}
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		limit, want int
	}{
		{"abc", "abc", 1, 0}, {"abc", "acb", 1, 1}, {"abc", "ab", 1, 1}, {"abc", "abxc", 1, 1}, {"abc", "axc", 1, 1}, {"abc", "xyz", 2, -1},
		{"ca", "abc", 2, -1}, {"ca", "abc", 3, 3}, {"abcd", "badc", 2, 2}, {"", "a", 1, 1}, {"a", "a", 0, -1}, {"kitten", "sitting", 3, 3},
		{strings.Repeat("a", MaxName+1), strings.Repeat("a", MaxName+1), 2, -1},
	} {
		if got := within(c.a, c.b, c.limit); got != c.want {
			t.Errorf("%.9q %.9q within %d: %d, want %d", c.a, c.b, c.limit, got, c.want)
		}
	}
}

// The index finds what a comparison with all finds.
func TestIndexAgrees(t *testing.T) {
	names := realNames(t)
	s := sim{rand.New(rand.NewPCG(5, 6))}
	s.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	names = names[:min(len(names), 800)]
	var x Index
	for _, o := range names {
		x.Add(o.server, o.name)
	}
	var sought []owned
	for _, f := range techniques {
		for range 8 {
			if n := names[s.IntN(len(names))].name; len(n) > 3 && len(n) < 100 && s.letter(n) > 0 {
				sought = append(sought, owned{"impostor", f(s, n)}, owned{"impostor", f(s, "xx"+n)})
			}
		}
	}
	missed, all := 0, 0
	for _, o := range sought {
		found := x.Find(o.server, o.name)
		for _, known := range names {
			r, ok := Resembles(o.name, known.name, o.server == known.server)
			if r.Server = known.server; !ok {
				continue
			}
			if all++; !slices.Contains(found, r) && len(found) < MaxFound {
				missed++
				t.Logf("%q: %+v is not found", o.name, r)
			}
		}
	}
	t.Logf("%d names, %d resemblances, %d missed", len(sought), all, missed)
	if all == 0 || missed > 0 {
		t.Error("the index misses some")
	}
}

func TestIndexIsEmpty(t *testing.T) {
	var x Index
	if x.Len() != 0 || x.Find("a", "github") != nil {
		t.Error("an empty index finds something")
	}
	x.Add("a", "github")
	x.Add("b", "")
	if got := x.Find("a", "gihtub"); len(got) != 0 {
		t.Error("a neighbour on the same server", got)
	}
	if got := x.Find("b", "gihtub"); len(got) != 1 || got[0] != (Resemblance{"github", "a", Swapped, 1}) {
		t.Error(got)
	}
}

func FuzzResembles(f *testing.F) {
	f.Add("github", "gіthub")
	f.Add("ﷺ_rn", "0\u0301\u200b1")
	f.Add(strings.Repeat("ﷺ", 200), "\xff\xfe")
	f.Fuzz(func(t *testing.T, a, b string) {
		r, ok := Resembles(a, b, false)
		if ok != (r.How != None) || ok && a == b {
			t.Fatal(r, ok)
		}
		back, also := Resembles(b, a, true)
		if eq := a != b && Skeleton(a) == Skeleton(b) && Skeleton(a) != ""; also != eq {
			t.Fatal(back, also, eq)
		}
		var x Index
		x.Add("s", b)
		if ok && r.How <= Order && len(x.Find("t", a)) != 1 {
			t.Fatalf("%q: %v is not found", a, r)
		}
	})
}

// large is an index of n names made of real ones.
func large(b *testing.B, n int) (*Index, []owned) {
	b.Helper()
	names := realNames(b)
	var x Index
	for i := range n {
		o := names[i%len(names)]
		if i >= len(names) {
			o.name = fmt.Sprintf("%s_%s", o.name, names[(i*7919)%len(names)].name)
		}
		x.Add(o.server, o.name)
	}
	return &x, names
}

func BenchmarkFindOf100000(b *testing.B) {
	x, names := large(b, 100_000)
	i := 0
	for b.Loop() {
		o := names[i%len(names)]
		x.Find("impostor", o.name)
		i += 7919
	}
}

func BenchmarkAdd(b *testing.B) {
	names := realNames(b)
	var x Index
	i := 0
	for b.Loop() {
		if x.Len() == 100_000 {
			x = Index{}
		}
		x.Add(names[i%len(names)].server, names[i%len(names)].name)
		i++
	}
}

func BenchmarkResembles(b *testing.B) {
	for b.Loop() {
		Resembles("list_pull_reqests", "list_pull_requests", false)
	}
}
