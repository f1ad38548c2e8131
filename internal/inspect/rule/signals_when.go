package rule

// whenSignals say when something is to be done, and that it must be. Honest texts say so of
// the tool itself; the signals of signals_plain.go take that back.
//
//nolint:gosmopolitan // orders are given in Chinese, too
var whenSignals = []signal{
	{"asks", 8, []string{
		"{cond} ..4 {person} ..4 {ask}",
		"{cond} ..3 {person} ..2 {base}",
		"whoever|anyone|anybody|someone ..2 {ask}",
		"{cond} ..4 request|requests|demand|enquiry|inquiry ..3 for|to|about|comes|arrives|is|are|concerning|regarding|concerns|requires|has",
		"user's|users'|customer's ..2 request|query|question|message|command",
		"case|event ..2 of|that ..4 {person}|{doing}", "about to {base}", "{cond} asked ..2 to|for|about",
		"request|requests|questions|queries ..2 for|about|concerning|regarding|involving|related",
		"{person} ..1 {ask} ..1 to",
		"当|如|若 ..1 果 ..1 用 户", "当 用 户", "用 户 请|要|想|询",
	}},
	{"every", 31, []string{
		"each|every|any|all|whatever|whichever ..3 {deed}",
		"for|on|with|to|of|in|during|from|through each|every|any|all|outgoing",
		"all|any|every|outgoing|incoming|newly|subsequent ..3 transfers|payments|emails|mails|messages|files|requests|links|urls|queries|prices|results|numbers|dates|appointments|calls|orders|reservations|replies|responses|users",
	}},
	{"whenever", 30, []string{
		"whenever|everytime", "anytime", "as long as", "each|every|any time", "at all times", "in all|any|every|each case|cases|circumstances|call|calls|situation",
		"siempre que", "a partir de ahora", "chaque|jede|jedes|jeder|cada ..1 aufruf|appel|llamada|operation|vez|fois|mal", "每 次|当",
		"no matter when", "as soon as", "the moment", "without exception",
	}},
	{"before", 15, []string{
		"before|prior|ahead|preceding|precedes|precede|until ..3 any|every|each|all|other|{doing}|@ident|@sib|@tool",
		"before|prior|ahead|advance ..4 {deed}",
		"in advance|preparation of|for",
		"before ..4 can|may|could|will ..2 be|start|begin|proceed|run|work|continue",
		"before you|the|a|user|agent|assistant|model ..3 {base}",
		"prior to", "antes de|que", "avant de|chaque|toute|d'utiliser|d'appeler|que", "bevor", "vor jeder|jedem", "之 前", "前 必|先|要|需",
	}},
	{"after", 8, []string{
		"after|following|once|upon ..3 {doing}",
		"after|following|once|upon ..3 any|every|each|all ..2 {deed}",
		"after|once ..5 completed|complete|done|finished|finishes|returns|returned|answers|called|created|sent|written",
		"after|following|upon @ident|@sib|@tool",
		"after|following the|a|this|that ..2 {deed}",
		"afterwards|thereafter|subsequently",
	}},
	{"using", 1, []string{
		"cuando|wenn|lorsque|quand|bei|al|si ..5 @ident|@sib|@tool", "使|调 用 ..1 @ident|@sib|@tool", "@ident|@sib|@tool ..1 时|之|前|的", "de @ident|@sib|@tool ..4 siempre|toujours|doit|debe",
		"{cond} ..2 {doing} ..5 @ident|@sib|@tool",
		"{cond} ..2 @ident|@sib|@tool ..3 is|gets|are|was|runs|returns|answers|executes|starts|has|receives|fetches|writes|reads|sends|creates|finds|to|about",
		"call~|use|uses|usage|invocation~|invoke|execution|run|runs|arguments|argument|input|output|result|results|parameter|recipient ..1 of|to|with|through|via|by|passed|from|for ..2 @ident|@sib|@tool",
		"for|in|with|on|during|from|through|via|of @ident|@sib|@tool ..4 must|always|should|set|use|has|needs|is|be|may",
		"@ident|@sib|@tool ..3 must|should|always|shall|needs|requires|expects|only|to",
		"@quoted tool|function ..3 is|must|should|to|has",
	}},
	{"doing", 6, []string{
		"when|while|if|during|for|in ..2 {doing}",
	}},
	{"event", 17, []string{
		"when|if|once|whenever|after|should ..4 {deed} ..3 {worldly}|used|called|invoked|made|requested|performed|executed|created|triggered|placed|started|opened|closed|received|detected|found|issued|needed|asked|mentioned|initiated|scheduled",
		"if|when|whenever|should ..3 {deed} ..2 is|are|gets|get|has|fails|arrives|contains",
	}},
	{"first", 0, []string{
		"first|beforehand|initially",
		"at|from the ..1 outset|start|beginning", "prerequisite|precondition|preliminary|requisite",
		"before ..1 proceeding|continuing|anything|everything|proceed|continue",
		"start|begin|starts|begins by|with ..2 {doing}",
		"at|in the ..1 start|beginning ..1 of",
	}},
	{"must", 13, []string{
		"muss|mussen|debe|debes|deben|doit|doivent|devez|mussen", "il faut", "hay que", "必 须|需", "务 必", "请 先|务", "应 先|当|该",
		"must|mandatory|obligatory|compulsory|shall|obliged|obligated|imperative|mandated|strictly|essential|crucial|vital|indispensable",
		"required|requires|require|necessary|needed ..2 to|for|that|before|by|in",
		"is|are required|necessary|needed|expected",
		"make|be sure|certain", "under no circumstances",
	}},
	{"should", 11, []string{
		"should|ought|always|expected|supposed|advised|ensure|please",
	}},
	{"needs", 0, []string{
		"need|needs|has|have|had|is|are to", "needs|need ..2 be", "cannot|can't|may not ..6 before|without|until|unless",
		"only ..8 if|when|after|once|works|succeed|succeeds|possible|valid|allowed",
		"unless",
	}},
	{"passive", 6, []string{
		"must|should|shall|needs|need|has|have|ought|is|are|will ..2 be ..2 {worldly}|set",
		"gets|get|getting|being|is|are to ..1 be ..2 {worldly}|set",
		"must|should|shall|need|needs|has|have|ought ..2 to|always|also|first|then|be|become|contain|include|carry|go|start|begin|end|read|have|come|use",
	}},
	{"active", 3, []string{
		"must|should|shall|always|needs|need|has|have|ought|obliged|required|expected|please|also|first|then|will|has|necessary ..1 to|always|also|first|then|please|immediately ..1 {world}",
		"must|should|shall|always|please|also|first|then|immediately ..1 {world}",
		"agent|assistant|model|llm|ai|you ..1 must|should|shall|has|have|needs|need|will|is|are ..3 {world}",
	}},
	{"directive", 31, []string{
		"^{open} ..16 ,{world}",
		"^{open} ..16 ,also|,always|,first|,then|,please|,you|,it|,the|,please|,immediately|,make|,do|,have|,begin|,let ..4 {world}",
		"+{world} ..12 whenever|when|if|before|after|first|beforehand",
	}},
	{"posed", 0, []string{
		"this|it|tool|function|check|step|module|that ..3 must|has|have|needs|need|should|required|mandatory|shall|ought|is ..3 called|run|executed|invoked|used|consulted|activated|triggered|started ..4 before|first|prior|ahead|beforehand|at|each|every|after",
		"call|run|use|execute|invoke|consult|activate ..1 this|it ..2 before|first|prior|ahead|beforehand|at|each|every|after|tool|function ..2 before|first|prior|ahead|beforehand|at|each|every|after",
		"must|should|required|needs|has|mandatory|necessary ..4 before|prior|ahead|first", "depend|depends|relies ..1 on it|this",
		"execution|use|call of this|the ..3 mandatory|required|necessary|compulsory",
	}},
	{"aside", 22, []string{
		"{cond} ..4 {person} ..3 {ask} ..12 ,{world}", "{cond} ..4 {person} ..3 {ask} ..12 ,{b_any}", "^to|for ..6 ,please|,first ..4 {b_any}",
		"must|please|should|to|first ..3 {b_any} ..16 first|beforehand|instead|otherwise",
		"{cond} ..4 {person} ..3 {ask} ..12 ,first|,also|,always|,instead|,you|,the|,it|,begin|,start|,then",
		"{cond} ..3 {doing} ..8 ,first|,also|,always|,then",
		"first ..1 {world} ..12 before|then",
		"for|to|in|during|before|after|with ..3 {doing} ..6 ,first|,always|,also|,please",
	}},
	{"errand", 3, []string{
		"^{open} ..16 ,call|,use|,fetch|,read|,list|,check|,make|,open|,get|,print|,go|,retrieve|,set|,try|,ask|,provide|,look|,access|,invoke|,run",
		"^{open} ..16 ,also|,always|,first|,then|,you ..4 call|use|fetch|read|list|open|get|print|retrieve|set|access|look|invoke|run",
	}},
	{"order: send", 0, []string{
		"^{open} ..16 ,{b_send}", "^{open} ..16 ,also|,always|,first|,then|,please|,you|,it|,the|,immediately ..4 {b_send}",
		"{duty} ..2 {b_send}", "{duty} be ..2 {p_send}", "is|are to be {p_send}", "{duty} ..3 been {p_send}",
		"+{b_send}", "in order|have|has|necessary|mandatory|compulsory to {b_send}",
	}},
	{"order: tamper", 11, []string{
		"^{open} ..16 ,{b_tamper}", "^{open} ..16 ,also|,always|,first|,then|,please|,you|,it|,the|,immediately ..4 {b_tamper}",
		"{duty} ..2 {b_tamper}", "{duty} be ..2 {p_tamper}", "is|are to be {p_tamper}", "{duty} ..3 been {p_tamper}",
		"+{b_tamper}", "in order|have|has|necessary|mandatory|compulsory to {b_tamper}",
	}},
	{"order: deny", 36, []string{
		"^{open} ..16 ,{b_deny}", "{duty} ..2 {b_deny}", "+{b_deny}",
	}},
}
