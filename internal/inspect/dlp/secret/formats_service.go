package secret

// payments are who moves money, or sells.
var payments = []format{
	{"secret/stripe-key", high, "sk_live_{a:24-120} rk_live_{a:24-120} sk_org_live_{a:24-120}", nil},
	{"secret/stripe-test-key", medium, "sk_test_{a:24-120} rk_test_{a:24-120}", nil},
	{"secret/stripe-webhook-secret", high, "whsec_{s:32-64}", nil},
	{"secret/square-token", high, "sq0atp-{w:22} sq0csp-{w:43} EAAA{w:60}", nil},
	{"secret/shopify-token", high, "shpat_{H:32} shpca_{H:32} shppa_{H:32} shpss_{H:32} shptka_{H:32} shpua_{H:32}", nil},
	{"secret/braintree-token", high, "access_token$production${l:16}${h:32}", nil},
	{"secret/paypal-token", high, "access_token$sandbox${l:16}${h:32}", nil},
	{"secret/plaid-token", high, "access-production-{h:8}-{h:4}-{h:4}-{h:4}-{h:12} access-sandbox-{h:8}-{h:4}-{h:4}-{h:4}-{h:12}", nil},
	{"secret/flutterwave-key", high, "FLWSECK-{h:32}-X FLWSECK_TEST-{h:32}-X FLWSECK_TEST-{h:12}", nil},
	{"secret/gocardless-token", medium, "live_{w:40}", nil},
	{"secret/duffel-token", high, "duffel_live_{x:43} duffel_test_{x:43}", nil},
	{"secret/easypost-key", high, "EZAK{a:54} EZTK{a:54}", nil},
	{"secret/shippo-token", high, "shippo_live_{h:40} shippo_test_{h:40}", nil},
	{"secret/lob-key", medium, "live_{h:35} test_{h:35}", nil},
	{"secret/mercury-token", high, "secret-token:mercury_production_{w:20-80}", nil},
}

// services are what remains of the trade: monitoring, content, work.
var services = []format{
	{"secret/grafana-token", high, "glsa_{a:32}_{H:8} glc_eyJ{s:30-350} eyJrIjoi{s:70-400}", nil},
	{"secret/newrelic-key", high, "NRAK-{u:27} NRAA-{h:27} NRII-{w:32} NRJS-{h:19} NRRA-{h:42} {h:36}NRAL", nil},
	{"secret/dynatrace-token", high, "dt0c01.{u:24}.{u:64} dt0s01.{u:24}.{u:64} dt0s02.{u:8}.{u:64}", nil},
	{"secret/sentry-token", high, "sntryu_{h:64} sntrys_eyJ{n:80-400}", nil},
	{"secret/honeycomb-key", high, "hcaik_{l:58} hcamk_{l:58} hcbik_{l:58}", nil},
	{"secret/posthog-key", high, "phx_{a:40-50}", nil},
	{"secret/atlassian-token", high, "ATATT3{x:180-230} ATCTT3{x:180-230} ATSTT3{x:180-230}", nil},
	{"secret/linear-key", high, "lin_api_{a:40} lin_oauth_{h:64}", nil},
	{"secret/notion-token", high, "ntn_{d:11}{a:35} secret_{a:43}", nil},
	{"secret/airtable-token", high, "pat{a:14}.{h:64}", nil},
	{"secret/asana-token", high, "1/{d:15-17}:{h:32} 2/{d:15-17}/{d:15-17}:{h:32}", nil},
	{"secret/contentful-token", high, "CFPAT-{w:43}", nil},
	{"secret/typeform-token", high, "tfp_{x:59}", nil},
	{"secret/frameio-token", high, "fio-u-{w:64}", nil},
	{"secret/adobe-secret", high, "p8e-{a:32}", nil},
	{"secret/dropbox-token", high, "sl.{w:130-300} sl.u.{w:130-300}", nil},
	{"secret/hubspot-token", high, "pat-na1-{h:8}-{h:4}-{h:4}-{h:4}-{h:12} pat-eu1-{h:8}-{h:4}-{h:4}-{h:4}-{h:12}", nil},
	{"secret/clickup-token", high, "pk_{d:6-10}_{u:32}", nil},
	{"secret/mapbox-token", high, "sk.eyJ{w:60-200}.{w:22}", nil},
	{"secret/maxmind-key", high, "{a:6}_{a:29}_mmk", nil},
	{"secret/facebook-token", high, "EAACEdEose0cBA{a:10-200} EAAM{a:100-250} EAAC{a:100-250} EAAG{a:100-250} EAAB{a:100-250}", nil},
	{"secret/instagram-token", high, "IGQV{w:100-250} IGAA{w:100-250}", nil},
	{"secret/linkedin-secret", medium, "WPL_AP1.{a:16}.{s:8}", nil},
	{"secret/twitter-token", medium, "AAAAAAAAAAAAAAAAAAAA{p:60-150}", nil},
	{"secret/wakatime-key", high, "waka_{h:8}-{h:4}-{h:4}-{h:4}-{h:12}", nil},
	{"secret/retool-token", high, "retool_01{l:24}", nil},
	{"secret/sendinblue-key", high, "xkeysib-{h:64}-{a:16} xsmtpsib-{h:64}-{a:16}", nil},
	{"secret/resend-key", high, "re_{a:8}_{a:24}", nil},
	{"secret/mailchimp-key", high, "{h:32}-us{d:1-2}", nil},
	{"secret/mailgun-key", medium, "key-{h:32} pubkey-{h:32}", nil},
	{"secret/sendgrid-key", high, "SG.{w:22}.{w:43}", nil},
}

// talk is what carries people's messages.
var talk = []format{
	{"secret/slack-token", high, "xoxb-{d:9-14}-{d:9-14}-{a:18-40} xoxb-{d:9-14}-{a:18-40} xoxp-{d:9-14}-{d:9-14}-{d:9-14}-{h:28-40} xoxe.xoxp-1-{w:140-180} " +
		"xoxe.xoxb-1-{w:140-180} xoxe-1-{w:140-180} xapp-1-{u:9-14}-{d:9-14}-{h:64} xoxc-{d:9-14}-{d:9-14}-{d:9-14}-{h:64} xoxd-{p:60-250} " +
		"xoxs-{d:9-14}-{d:9-14}-{d:9-14}-{h:10-40} xoxa-{d:1-2}-{a:10-48} xoxr-{a:10-48} xwfp-{d:9-14}-{a:18-40}", nil},
	{"secret/slack-webhook", high, "hooks.slack.com/services/T{u:8-12}/B{u:8-12}/{a:24} hooks.slack.com/workflows/T{u:8-12}/A{u:8-12}/{d:15-20}/{a:24}", nil},
	{"secret/discord-webhook", high, "discord.com/api/webhooks/{d:17-20}/{w:60-72} discordapp.com/api/webhooks/{d:17-20}/{w:60-72}", nil},
	{"secret/teams-webhook", high, "webhook.office.com/webhookb2/{g:36}@{g:36}/IncomingWebhook/{h:32}/{g:36}", nil},
	{"secret/zapier-webhook", medium, "hooks.zapier.com/hooks/catch/{d:5-10}/{l:6-10}", nil},
	{"secret/telegram-token", high, "{d:8-10}:AA{w:33}", nil},
	{"secret/twilio-key", high, "SK{h:32}", nil},
	{"secret/twilio-account", low, "AC{h:32}", nil},
	{"secret/pubnub-key", medium, "sec-c-{w:40-60}", nil},
}
