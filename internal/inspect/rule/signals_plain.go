package rule

// plainSignals are how honest texts speak: of the tool itself, of where its input comes
// from, of what form a value must have. They take weight away.
var plainSignals = []signal{
	{"manual", -26, []string{
		"log|logged|sign|signed|login in|into", "authenticated|configured|connected|installed|logged|subscribed|initialized", "login|oauth|subscription|scope|scopes",
		"optional|optionally|default|defaults|returns|args|format|valid|supported|available|supports",
		"returns|raises|yields ..1 a|an|the|list|dict|json",
	}},
	{"itself", -37, []string{
		"before|after|when|while|if|once ..3 use|using|used|call|calling|called|run|running|invoke this|the ..1 tool|function|command|method|endpoint",
		"calling|using|running|before|after|invoking ..1 this|the ..1 tool|function|endpoint|operation|command",
		"use|call|invoke|run|using|useful|used ..2 this|it ..2 when|to|for|if",
		"this|the tool|function|endpoint|operation|method ..1 returns|allows|can|provides|lets|retrieves|searches|gets|creates|is|will|helps|fetches|lists|generates|only",
		"allows|lets|enables|helps you|users|user|agents ..1 to",
	}},
	{"supply", -46, []string{
		"to|and get|find|obtain|retrieve|list|look|discover|resolve|see|know|learn|determine|identify|fetch|verify|browse|explore ..6 id|ids|uuid|key|keys|slug|name|names|schema|available|valid|list|details|identifier|identifiers|structure|options|fields|types|values|codes",
		"returned|obtained|retrieved|provided|received|taken|given|fetched|acquired|found|generated ..1 by|from|via|using|with|through|in",
		"from ..3 @ident|@sib ..2 result|results|output|response|tool|call|to|for|or",
		"using|via|with|through|use|by|from|see ..1 the ..1 @ident|@sib ..2 to|tool|first|for|or|function|result|endpoint|instead|if",
		"get|find|obtain|retrieve|need ..4 id|ids ..2 first|by|from|using|via|with",
		"use|call ..2 @ident|@sib ..6 to|for ..2 get|find|see|list|check|retrieve|discover|look|search|fetch|create|update|the|more|that",
		"for ..3 use @ident|@sib",
	}},
	{"typing", -38, []string{
		"must|should|has|have|needs|can|will|may ..2 be ..2 a|an|in|one|between|valid|unique|at|less|greater|of|string|number|integer|positive|non|iso|formatted|lowercase|true|false|specified|provided|present|empty|enclosed|base64|json|either|exactly|greater|smaller|numeric|unique|omitted|included",
		"you|must|required|should ..2 provide|specify|supply|give|include|pass ..4 @param|id|ids|either|one|valid|name|url|at|least|both|complete|proper|correct|exact|full",
		"character~|characters|yyyy|iso|utf|regex|uuid|json|boolean|integer|string|array|dict|object|enum|float|bytes|seconds|milliseconds|minutes",
	}},
	{"default", -40, []string{
		"default~|omitted|unspecified|empty|null|none|e|i|example~|examples|instance|eg|ie|etc|such",
		"if|when|unless ..3 not|none|empty|omitted|true|false|provided|specified|set|needed|given|null|unset|missing|unspecified|enabled|required|applicable",
		"set to true|false|null|none|zero|empty",
		"like|as @quoted", "whether|either ..4 or",
	}},
	{"paging", -17, []string{
		"page|pages|cursor|offset|limit|pagination|per|maximum|max|minimum|total|sort|sorted|filter|filters|filtered|rate|quota",
	}},
	{"own", -24, []string{"@param"}},
	{"self", -12, []string{"@self"}},
	{"consent", -33, []string{
		"ask|confirm|inform|show|notify|tell|prompt|consult ..4 user|users|them|confirmation ..6 before|if|to|for|that|about|which|first|what|whether",
		"{ask}|explicitly|explicit ..3 confirmation|approval|permission|consent|requested|asked",
		"ask|tell|inform|remind|let|emphasize|notify|confirm ..3 user|users|them|human",
		"wait ..2 for|until", "explicit|explicitly|clear ..2 instruction|instructions|confirmation|user|approval|request|requests|requested",
		"user ..2 confirm|confirms|confirmed|approves|approved|approval|confirmation|explicitly|provides|specifies|specified",
	}},
	{"may", -27, []string{
		"you|user|users|it|this|we|agents|tool|that ..1 can|may|might|could", "can|may be", "useful|helpful|ideal|recommended|best for|when|to|if",
		"do|does|don't|doesn't ..1 need to", "use case|cases", "no need", "if you", "would like",
	}},
	{"json", -33, []string{"@key"}},
	{"docs", -50, []string{
		"see|docs|documentation|visit|check|reference|more|info|details|guide|example|like|such|format|link|via|g|start|starts|begin|begins ..4 @url|@email",
		"@param|url|link|website|links|uri ..3 @url", "@email ..2 @email",
		"snippet|example|examples ..6 @url",
	}},
	{"craft", -20, []string{
		"query|sql|table|column|columns|chart|graph|node|nodes|component|html|css|svg|image|images|video|layer|frame|element|canvas|shape|texture|scene|object",
		"api|endpoint|http|request body|schema|graphql|rest|webhook|sdk|cli",
	}},
}
