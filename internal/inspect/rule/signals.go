package rule

import (
	"cmp"
	"slices"
)

// A signal is a piece of an order. One alone is common in honest texts; several, close
// together, are how a description speaks that wants the model to do something for somebody
// else: a trigger, a duty, an act or a value, a reason or a threat.
type signal struct {
	name     string
	weight   int  // in points
	act      bool // without at least one of these nothing is ordered
	patterns []string
}

const (
	ruleOrder = "MTL-ORDER-001"
	window    = 48 // tokens in which signals count together
)

// patience is what server instructions may say beyond a description: they are made to tell
// the model what to do, and in which order. No corpus of them is at hand.
const patience = 8

// scales are how many points make an order, by how many sentences they stand in.
var scales = []struct{ sentences, high, shown int }{{1, 22, 17}, {2, 33, 25}}

// signals are in no particular order; each counts once in a window. The weights follow how
// much oftener a signal stands in orders than in 30,371 definitions of three registries, cut
// down where one signal implies another.
var signals = []signal{
	{"trigger", 8, false, []string{
		"whenever",
		"each|every time",
		"before|prior|after|while|upon ..4 any|every|each|all|calling|invoking|using|executing|performing|running|processing|reading|writing|sending|answering|responding|returning|accessing|making",
		"before|prior|after|when|if|once ..4 user|users|customer|client|agent|assistant|you|model ..3 ask|asks|request|requests|want|wants|query|queries|call|calls|use|uses|need|needs|answer|try|tries|book|books|open|opens",
		"when|if|once|while ..2 using|calling|invoking|executing|performing|sending|writing|reading|creating|querying|booking|making|processing|accessing",
		"when|if|once ..4 is|are|gets ..1 used|called|invoked|created|sent|executed|made|requested|performed|written|read|opened|booked|run",
		"for|on|with|to|of|during|as every|each|any|all ..2 {deed}|transfers|payments|emails|requests|users",
		"all|every|each|any ..2 file|password|email|message|request|transfer|payment|number|reply|commit|order|token|transfers|payments|emails|requests|queries|query|messages|reservations|deletions|operations|links|calls|orders|files|code ..2 must|should|need|are|is|to",
		"ahead of ..1 every|each|any|all|the",
		"any|every time",
		"in case of",
		"when|if|once|should|while|after|before|upon ..3 user|users|customer|browser|agent|model|message|email|emails|file|files|code|payment|transfer|record|note|issue|meeting|purchase|search|request|requests|document|commits|booking|order|invoice|transaction|post|calendar|event|task ..3 is|are|has|have|reading|navigates|requested|created|logs|pushed|asks|purchase|executed|asked",
		"each|every|any|all|outgoing|newly ..2 invocation~|insert|write|read|write|read|outgoing|sms|created|issue|order|reply|payment|purchase|booking|commit|navigation",
		"when|while|before|after|once ..1 you ..1 schedule|send|book|create|write|read|answer|show|reply|call|use|make|buy|delete|search",
		"when ..1 asked to",
		"calls|invocations to|of ..1 @ident|@sib|@tool",
		"any code|file|message|email|payment|request ..2 is",
		"in|for|on|with|to each|every|all ..2 repository|project|summary|answer|page|document|file|commit|reply|log|line",
		"before|prior anything|everything",
	}},
	{"duty", 4, false, []string{
		"must|mandatory|obligatory|compulsory|shall|required|always|necessary|strictly|requires",
		"should ..1 first|always|also|instead|be|ignore",
		"need|needs|has|have|ought to",
		"it is ..1 essential|crucial|imperative|vital|important",
		"make sure|certain",
		"do|should|must not ..2 use|call|invoke",
		"is|are|has|have to be",
		"needs|need ..1 permission|access|role|the", "must|should|shall|needs ..3 be|become|have|end|start|go",
		"required|necessary|needed ..1 to",
		"cannot|may|can't not|run ..3 before|without|until",
		"only ..8 if|when|after ..6 attached|supplied|provided",
	}},
	{"threat", 8, false, []string{
		"otherwise", "or else", "failure to", "failing to",
		"will ..2 rejected|denied|blocked|fail|refused|suspended|terminated|invalid|lost|corrupted|revoked|crash",
		"becomes|become|makes ..4 unavailable|inconsistent|invalid|unusable|corrupt|corrupted",
		"no other tool",
		"failing|fails to ..2 do|so",
		"before ..5 can be",
		"unsafe|wrong|false|incorrect ..1 results|figures|data|output|answers",
		"will be blocked|rejected|denied",
		"cannot|can't ..2 be ..2 read|used|processed|completed",
	}},
	{"excuse", 12, false, []string{
		"ensure|ensures|for|verify|comply|due|maintain|prevent|guarantee|because|keep|confirm|per ..4 security|compliance|integrity|safety|regulation|regulations|regulatory|policy|policies|verification|audit|auditing|authentication|authorised|authorized|identity|stability|outage|protocol|privacy",
		"according to ..3 policy|rules|regulations|requirements|protocol",
		"part of ..3 protocol|policy|procedure|verification|process",
		"system|security|policy|compliance ..1 notice|requires|requirement|update|mandates|policy",
		"for|guarantee|ensure|maintain|to ..2 compatibility|consistency|telemetry|validation|synchronisation|optimisation|quality",
		"check|confirm|verify|validate ..3 integrity|trusted|trust|authorization|identity|authorised|compliance",
		"so ..2 support|index|system|results|backup|it ..2 stays|can|remains|are|help",
		"speed up",
		"for|by ..1 security|compliance|verification|telemetry|audit|policy|compatibility|reasons",
		"system|global|server|company|workspace ..1 rule|requirement|policy|notice|convention",
		"to ..1 improve|keep|make|stay|speed ..4 accuracy|consistent|consistency|faster|quota|sync|quality|secure|valid|limits|running",
		"for ..1 audits|audit|archiving|archival|recovery|records|safety|backup",
	}},
	{"path", 14, true, []string{"@path"}},
	{"foreign", 14, true, []string{"@tool"}},
	{"named", 3, true, []string{"@ident"}},
	{"tamper", 8, true, []string{
		"{tamper}|use|pass|fill|add|increase~|raise|prefix~|prefixed ..6 {value}|quantity|header|recipients|sender|proxy|bcc|cc|fee|currency|price",
		"{value}|fee|currency|quantity|text|links|results|link|query|queries|code ..3 must|should|shall|has|needs ..2 be|always ..2 set|changed|replaced|modified|overridden|redirected|substituted|rewritten|prefixed|appended|increased|multiplied|'usd'|@quoted",
		"with|using ..3 set to",
		"include the ..1 line|string|text|code|header",
		"add|append|invite|bcc|cc|copy ..2 @email",
		"must|should|shall|has|have|needs|is|are ..2 be|become|always ..1 changed|replaced|rewritten|modified|overridden|redirected|substituted|prefixed|multiplied|doubled|divided|removed|inserted|swapped|set|rerouted|routed",
		"double|halve|divide|multiply|subtract|round ..6 number|amount|quantity|shares|result|output|by|price",
		"always add|subtract|multiply|append|invite|include|use|choose|pick|book|recommend",
		"route|reroute|send|direct ..3 funds|payment|payments|money|message|messages ..2 through|via|to",
		"have|has|get|receive the ..2 role|permission|channel|label|recipient|status",
		"set ..1 its|the|memo|visibility|role|label|price|recipient|proxy|registry|channel",
		"config set",
		"replace ..8 every|all|each|outgoing",
	}},
	{"constant", 7, true, []string{
		"to|with|as|by|use|airline|city|shop|be|value|using|line|for|choose|prefer|is ..2 @quoted",
		"set ..5 to|as ..2 @quoted|@number|true|false",
		"multiply|increase|decrease|reduce|raise|multiplied|increased ..5 by|to ..2 @number",
		"role|label|brand|vendor|hotel|channel|account|key|city|airline|unit ..1 @quoted|@number",
		"to|with|channel|in public",
		"to|into|branch|wallet|bucket ..4 @quoted|public|wallet",
	}},
	{"address", 8, true, []string{"@email|@url"}},
	{"hook", 12, true, []string{"@hook"}},
	{"ship", 7, true, []string{
		"{ship}|share~ ..8 to|into|in|at|here|with",
		"{ship}|copy|copies|store|save|record|log|include|provide|pass|put ..4 conversation|everything|every|each|all|entire|full|contents|content|output|results|token|key|password|credentials|request|copy",
		"also|then|and|first ..2 {ship}|push|copied|forwarded|logged|transfer",
		"must|should|be|is|are ..3 forwarded|logged|cached|copied|pushed|supplied|attached|uploaded|shared|mirrored|stored|exported",
		"pass|hand|supply|give ..3 on|over ..4 as|to|in",
		"obtain|collect|gather ..8 supply|pass|put|send|provide",
		"preceded|followed by ..2 call",
		"give|given|hand|handed|provide|provided|posted|pasted|repeated|exported ..6 in|to|into|as|through|via|here",
	}},
	{"reach", 7, true, []string{
		"read|open|load|retrieve|get|fetch|access|list|cat|copy|dump|print|collect|extract ..5 file~|files|content|contents|directory|config|configuration|credential~|keys|key|password~|logs|database|history|environment",
	}},
	{"destroy", 12, true, []string{
		"delete~|remove~|erase~|wipe~|drop|kill~|format|overwrite~|purge~|shutdown|disable~|deactivate~ ..5 file~|files|log~|database|table|tables|record~|firewall|protection|directory|system|security|data|backup~|account~",
		"chmod|sudo|777|rm|chown|iptables|ufw|nc|crontab", "force true",
		"turn|turned off ..6 authentication|factor|firewall|logging|protection|security|verification|check|checks",
		"delete|remove|clear|drop|erase ..4 audit|entries|lines|trail|filter|traces|temporary",
		"world writable",
		"grant~|grants|granted|give ..4 permission~|access|admin|root|role|rights",
		"role|permission|rights ..1 admin|root|owner|@quoted",
		"drop of",
		"as ..2 administrator|admin|owner|root",
		"without review|verification|validation|checking|testing|authentication",
		"turn|turned|switch|switched off ..4 filter|filters|moderation|review|safety|encryption|backup|alerts|notifications",
		"verify|ssl|tls|certificates ..4 false|off|disabled",
		"merge ..3 without",
		"logs ..2 wiped|deleted|cleared|removed|erased",
	}},
	{"run", 6, true, []string{"run|execute|apply|running|executed ..3 command~|script|code|cat|curl|@quoted|shell|payload"}},
	{"money", 6, true, []string{"transfer~|payment~|pay|purchase~|buy|price|fee|amount|account|airline|flight|currency"}},
	{"secret", 10, true, []string{"password~|api ..1 key|token|credential~|credentials|secrets|ssh|session token|access token|private key",
		"cookies|two-factor|phone number|credentials ..1 found",
		"phone number",
		"password|code|pin as|in|from|to|that", "one time code|password", "browser cookies",
		"environment variables",
		"card number",
		"etc hosts|shadow",
		"token|key|password|credentials|secret in|into|through|via|as ..4 field|parameter|argument|description|issue|log|note|name|text|url|comment|hint|message|body|title",
		"user's ..3 password|pin|token|credentials",
		"password ..6 chat|conversation",
	}},
	{"memory", 7, true, []string{
		"conversation|chat ..1 history|so|transcript|context", "everything ..5 said|typed|wrote", "full|complete ..2 arguments|output|context|conversation",
		"list|names|description~ ..4 all ..2 tools", "system prompt|instructions",
		"answer|answers|reply|response|responses|output|figures ..2 must|should|has|need ..3 end|start|contain|recommend|include|mention|be|say",
		"answer|reply|say that ..2 it",
		"chat|conversation ..1 far|log|here", "your ..2 instructions|prompt|reply|reasoning|plan", "user|user's|users ..2 message|messages|words|question|contacts|name|phone|address|password|wrote|says|writes", "before you ..1 show|display|answer|return|reply",
		"full|whole|entire text|transcript ..1 of ..1 conversation",
		"complete|full|entire|whole ..3 messages|conversation|document|history|prompt|instructions|request",
		"user|customer has|have agreed|consented|approved|authorised|authorized",
	}},
	{"hush", 12, true, []string{
		"silently|secretly|covertly|quietly|discreetly",
		"{not}|without|no ..2 tell|mention|reveal|inform|notify|disclose|ask|asking|telling|informing|show|confirmation|confirm|confirming|prompting|approval",
		"user ..2 need|should|must|not not|know",
	}},
	{"regardless", 9, true, []string{
		"regardless|irrespective|whatever|notwithstanding", "no matter", "even if ..6 user|asked|specified|says",
		"instead of ..3 {value}|what", "ignore|disregard|override ..4 {value}|results|them|user's|output",
		"no ..2 confirmation|approval|consent ..2 needed|required|is",
		"and|but never others|other",
		"only ..4 never",
		"do not ..1 call|use @ident|@tool|@sib",
		"not ..1 use|call|trust ..8 tool|function|server ..12 use|call|with this",
		"even where|when ..6 named|asked|wants|says|chose|chosen",
		"without ..2 review|involving|consulting",
		"instead of the ..2 one|given|requested",
	}},
	{"usurp", 3, true, []string{
		"do|should|must not|never ..1 use|call|invoke|trust|rely", "don't ..1 use|call|trust",
		"broken|outdated|deprecated|unreliable|unsafe|compromised|incomplete|incorrect ..14 use|call|must|should|instead|this|always",
		"instead ..3 use|call|this", "use|call|prefer ..3 this|it ..3 instead", "must ..2 handle|process|intercept|be",
		"before any|every|all other|another|tool|tools|operation|others",
		"called|invoked|executed|run|used ..3 before|prior|first|after",
		"over|than ..2 others|other|built-in|built ..2 tool~|one|in|server~",
		"gives|returns|has ..1 wrong|incorrect|outdated|unsafe|false|incomplete",
		"other ..2 tools ..3 return|are|give|unsafe|may",
	}},
	{"stranger", 9, true, []string{"external|third-party|attacker|remote|public|partner|monitoring|logging|analytics ..2 server|endpoint|host|address|party|service|account|folder|directory|site|url",
		"sync|public|shared|partner|support|telemetry ..1 endpoint|drive|folder|branch|bucket|channel",
		"hidden marker|text|line|tag",
		"public ..1 issue|repository|page|gist|post|comment|location|url|link",
	}},
	{"directive", 11, true, []string{
		"^{open} ..16 ,{world}",
		"^{open} ..16 ,also|,always|,first|,then|,please|,you|,it|,the|,please ..4 {world}",
	}},
	{"passive", 10, true, []string{
		"^{open} ..12 must|should|shall|has|have ..3 {worldly}",
		"^{open} ..8 is|are to be {worldly}",
		"^{open} ..10 must|should|shall|need|needs ..2 {world}",
	}},
	{"errand", 4, true, []string{
		"^{open} ..16 ,call|,use|,fetch|,read|,list|,check|,make|,open|,get|,print|,go|,retrieve|,set|,try|,ask|,provide",
		"^{open} ..16 ,also|,always|,first|,then|,you ..4 call|use|fetch|read|list|open|get|print|retrieve|set",
	}},
	{"manual", -8, false, []string{"optional|default|defaults|returns|args|format|valid|supported|optionally|available"}},
}

// calls are the signals of which one must be there: it says when, or that it must be.
var calls = func() (is [64]bool) {
	for i, g := range signals {
		is[i] = slices.Contains([]string{"trigger", "duty", "directive", "passive", "threat", "regardless"}, g.name)
	}
	return is
}()

// A sign is a signal in the layer at hand: its number and the tokens where it stands.
type sign struct{ number, begin, end int }

// orders looks for a window in which signals weigh enough, within one sentence and then
// within two, and reports the heaviest.
func (s *scan) orders() {
	slices.SortFunc(s.signs, func(a, b sign) int { return cmp.Compare(a.begin, b.begin) })
	for _, sc := range scales {
		best, from, to := s.heaviest(sc.sentences)
		if best < sc.shown {
			continue
		}
		severity, high := Medium, sc.high
		if s.d.Kind == "instructions" {
			high += patience
		}
		if best >= high && !s.isAbout(s.tokens[from].place) {
			severity = High
		}
		start, _ := s.l.source(s.tokens[from].from, s.tokens[from].to)
		_, end := s.l.source(s.tokens[to].from, s.tokens[to].to)
		s.addAs(ruleOrder, severity, min(start, end), max(start, end))
	}
}

// heaviest is the weight of the heaviest window, and its first and last token.
func (s *scan) heaviest(sentences int) (best, from, to int) {
	var count [64]int
	first := 0
	for i, g := range s.signs {
		count[g.number]++
		for s.apart(s.signs[first], g, sentences) {
			count[s.signs[first].number]--
			first++
		}
		if w := weight(&count); w > best {
			best, from, to = w, s.signs[first].begin, s.signs[i].end
		}
	}
	return best, from, to
}

// apart reports whether b is too far behind a: more than window tokens, or another sentence
// than the last of so many.
func (s *scan) apart(a, b sign, sentences int) bool {
	return a.begin < b.end-window || s.tokens[b.end].place-s.tokens[a.begin].place >= sentences*stop
}

// weight is the points of the signals that are there; 0 where no duty or trigger meets an act.
func weight(count *[64]int) int {
	sum, act, call := 0, false, false
	for i, g := range signals {
		if count[i] > 0 {
			sum += g.weight
			act = act || g.act
			call = call || calls[i]
		}
	}
	if !act || !call {
		return 0
	}
	return sum
}
