package config

import "time"

// A StandIn is a layer that is not there.
type StandIn struct {
	Room  string // "policy"
	Named bool   // the configuration says insecure.{Key}
	Key   string
	What  string // what that means for people
}

// remedy is what would put the layer in, or lets serve do without.
func (s StandIn) remedy() string {
	return "this version has no room for it yet; set it to true to serve all the same"
}

// StandIns are the layers that this version has no real room for, or that are
// switched off. `serve` refuses to start while one of policy, trust and quota is
// not named under insecure.
func (cfg *Config) StandIns() []StandIn {
	i := cfg.Insecure
	out := []StandIn{{"policy", i.PolicyAllowAll, "policyAllowAll", "whoever is let in may use every tool"}}
	if i.TrustUnpinned { // else up pins by a scan, and serve by a release, where the file says nothing
		out = append(out, StandIn{"trust", true, "trustUnpinned", "a tool that changes after you looked at it is not noticed"})
	}
	if i.InspectNothing {
		out = append(out, StandIn{"inspect", true, "inspectNothing", "no content is inspected, and no argument is held against its schema"})
	}
	return append(out, StandIn{"quota", i.QuotaUnlimited, "quotaUnlimited", "nobody's rate is limited"})
}

// SwitchedOff are the lines that check and up print, in capitals where it hurts.
func (cfg *Config) SwitchedOff() []string {
	var out []string
	if cfg.Insecure.AllowAnonymous {
		out = append(out, "IDENTITY is OFF (insecure.allowAnonymous): anybody on this machine is let in")
	}
	if cfg.Insecure.UnsignedConfig {
		out = append(out, "SIGNATURES of the configuration are OFF (insecure.unsignedConfig): whoever can write the file decides what serve lets in")
	}
	if !cfg.Insecure.InspectNothing {
		for _, key := range cfg.Inspect.off() {
			out = append(out, "inspect."+key+" is OFF: it is not looked for")
		}
	}
	out = append(out, cfg.aboutTrust()...)
	for _, s := range cfg.StandIns() {
		line := s.Room + " is OFF"
		if s.Named {
			line += " (insecure." + s.Key + ")"
		}
		out = append(out, line+": "+s.What)
	}
	return out
}

// aboutTrust are the lines about what is let through of what is approved.
func (cfg *Config) aboutTrust() (out []string) {
	if cfg.Insecure.VulnerableAllowed {
		out = append(out, "KNOWN VULNERABILITIES stop nothing (insecure.vulnerableAllowed): a server with a critical one goes on")
	} else if less := cfg.Trust.Vulnerable.lessened(); less != "" {
		out = append(out, less)
	}
	if cfg.Trust.FirstUse == "approve" && *cfg.Trust.MinimumTrust == 0 {
		out = append(out, "NO MINIMUM of trust (trust.minimumTrust): a tool that was released may be called, however low its trust score has become")
	}
	return out
}

// ServeProblems are why `mantlet serve` may not start as things are.
func (cfg *Config) ServeProblems() Problems {
	var out Problems
	for _, s := range cfg.StandIns() {
		if !s.Named {
			out = append(out, Problem{Path: "insecure." + s.Key, Text: s.Room + " is switched off: " + s.What + "; " + s.remedy()})
		}
	}
	return out
}

// PlainProblems are why `mantlet serve` may not run by cfg as a plain file, beside
// ServeProblems: where it takes a quorum to release a server, it takes one to say who may.
func (cfg *Config) PlainProblems() Problems {
	if cfg.Insecure.UnsignedConfig || cfg.Insecure.TrustUnpinned || cfg.Trust.Pins() && cfg.Trust.FirstUse != "approve" {
		return nil
	}
	return Problems{{Path: "insecure.unsignedConfig", Text: "this is a plain file, which one person can change, and it takes a release to use a server (trust.firstUse is approve, unless the file says otherwise); " +
		"make a bundle of it (mantlet bundle make), have it signed and start serve with --bundle, or set this to true to serve all the same"}}
}

// SignedProblems are why cfg may not come in a signed bundle, beside ServeProblems.
func (cfg *Config) SignedProblems() Problems {
	if !cfg.Insecure.UnsignedConfig {
		return nil
	}
	return Problems{{Path: "insecure.unsignedConfig", Line: cfg.lines["insecure.unsignedConfig"], Text: "says that nobody signs the configuration, and a bundle is signed; take it out"}}
}

// ForTeam is what serve makes of a configuration that does not say how definitions are
// pinned: nothing is usable before people of several roles have signed it (C024).
func (cfg *Config) ForTeam() {
	if !cfg.Trust.Pins() && !cfg.Insecure.TrustUnpinned {
		cfg.Trust.FirstUse = "approve"
		or(&cfg.Trust.Probation, Duration(14*24*time.Hour))
	}
}

// UpProblems are why `mantlet up` may not start as things are: it asks for none of
// what ServeProblems asks for, and so serves this machine alone.
func (cfg *Config) UpProblems() Problems {
	if loopback(cfg.Listen.Address) {
		return nil
	}
	return Problems{{Path: "listen.address", Line: cfg.lines["listen.address"], Text: cfg.Listen.Address +
		" can be reached from other machines, and up serves this one alone; use a loopback address, or start it with mantlet serve"}}
}
