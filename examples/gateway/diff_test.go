package main

import (
	"encoding/json"
	"testing"

	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/permission"
)

// TestWhoJSON: groups are named as in the sentences, and names of certificates stay as they are.
func TestWhoJSON(t *testing.T) {
	printers, hubs := string(permission.NameSID("printers")), string(permission.SIDHubServers)
	for _, tt := range []struct {
		who  analysis.Who
		want string
	}{
		{analysis.Who{}, `{"proof":"nothing"}`},
		{
			analysis.Who{Proof: analysis.ByLogon, In: [][]string{{printers, hubs}}, Unless: [][][]string{{{hubs}, {printers}}}},
			`{"proof":"logon","in":[["printers","MS Exchange\\Hub Transport Servers"]],"unless":[[["MS Exchange\\Hub Transport Servers"],["printers"]]]}`,
		},
		{analysis.Who{Proof: analysis.ByCertificate, In: [][]string{{"bank.org"}}, Rest: true}, `{"proof":"certificate","in":[["bank.org"]],"rest":true}`},
	} {
		got, err := json.Marshal(newWhoJSON(tt.who))
		if err != nil || string(got) != tt.want {
			t.Errorf("%+v: %s, %v; want %s", tt.who, got, err, tt.want)
		}
	}
}
