package scan

import (
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
)

// What SARIF 2.1.0 (OASIS, 27 March 2020) calls things; sections in the comments.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct { // 3.14
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct { // 3.19
		Name            string      `json:"name"`
		SemanticVersion string      `json:"semanticVersion,omitempty"`
		Version         string      `json:"version"`
		InformationURI  string      `json:"informationUri"`
		Rules           []sarifRule `json:"rules"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifRule struct { // 3.49
		ID            string      `json:"id"`
		Short         sarifText   `json:"shortDescription"`
		Full          sarifText   `json:"fullDescription"`
		Help          sarifText   `json:"help"`
		Configuration sarifLevel  `json:"defaultConfiguration"`
		Properties    sarifExtras `json:"properties"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifExtras struct {
		Tags     []string `json:"tags"`
		Severity string   `json:"security-severity"` //nolint:tagliatelle // as code hosts read it: 0.0 to 10.0
	}
	sarifResult struct { // 3.27
		RuleID      string            `json:"ruleId"`
		RuleIndex   int               `json:"ruleIndex"`
		Level       string            `json:"level"`
		Message     sarifText         `json:"message"`
		Locations   []sarifLocation   `json:"locations"`
		Fingerprint map[string]string `json:"partialFingerprints"`
		Properties  map[string]string `json:"properties"`
	}
	sarifLocation struct { // 3.28
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct { // 3.33
		Name      string `json:"name"`
		Qualified string `json:"fullyQualifiedName"`
		Kind      string `json:"kind,omitempty"`
	}
)

// levels are SARIF's (3.27.10), with what code hosts sort by.
var levels = map[rule.Severity][2]string{
	rule.Critical: {"error", "9.5"}, rule.High: {"error", "8.0"}, rule.Medium: {"warning", "5.5"}, rule.Low: {"note", "3.0"}, rule.Info: {"note", "1.0"},
}

// SARIF writes the report as SARIF 2.1.0: every rule there is, each finding with its file,
// its JSON pointer as logical location, and a fingerprint that holds across runs.
func (r *Report) SARIF(w io.Writer, version string) error {
	driver := sarifDriver{Name: "mantlet scan", Version: version, InformationURI: "https://github.com/mantlet-mcp/mantlet"}
	index := make(map[string]int)
	for i, one := range Rules() {
		index[one.ID] = i
		driver.Rules = append(driver.Rules, sarifRule{
			ID: one.ID, Short: sarifText{one.Title}, Full: sarifText{one.Title + ": " + one.Words}, Help: sarifText{one.Words},
			Configuration: sarifLevel{levels[one.Severity][0]},
			Properties:    sarifExtras{Tags: slices.Concat([]string{"security", "mcp"}, one.Refs), Severity: levels[one.Severity][1]},
		})
	}
	run := sarifRun{Tool: sarifTool{driver}, ColumnKind: "utf16CodeUnits", Results: []sarifResult{}}
	for _, f := range r.Findings {
		run.Results = append(run.Results, result(f, index[f.Rule]))
	}
	return write(w, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func result(f Finding, index int) sarifResult {
	loc := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{artifact(f.Input)}}}
	if f.Line > 0 {
		loc.Physical.Region = &sarifRegion{f.Line}
	}
	kind := ""
	if f.Pointer != "" {
		kind = "member" // 3.33.7
	}
	name := mantlet.Escape(strings.TrimSuffix(f.Server+"/"+f.Name, "/"))
	loc.Logical = []sarifLogical{{Name: name, Qualified: mantlet.Escape(f.Pointer), Kind: kind}}
	return sarifResult{
		RuleID: f.Rule, RuleIndex: index, Level: levels[f.Severity][0], Message: sarifText{place(f) + ". " + f.Words},
		Locations: []sarifLocation{loc}, Fingerprint: map[string]string{"mantlet/v1": f.Fingerprint},
		Properties: map[string]string{"severity": f.Severity.String(), "server": mantlet.Escape(f.Server)},
	}
}

// artifact is a URI reference (3.4.3): relative where the file's name is, file: where it
// is absolute; what was asked or started stands for itself.
func artifact(name string) string {
	switch u, err := url.Parse(name); {
	case name == "-":
		return "stdin"
	case err == nil && (u.Scheme == "http" || u.Scheme == "https"):
		return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	case filepath.IsAbs(name):
		return (&url.URL{Scheme: "file", Path: filepath.ToSlash(name)}).String()
	}
	return (&url.URL{Path: filepath.ToSlash(name)}).String()
}
