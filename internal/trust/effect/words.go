package effect

import "strings"

func words(s string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

type group struct {
	effects Set
	words   string
}

func table(groups ...group) map[string]Set {
	m := make(map[string]Set)
	for _, g := range groups {
		for w := range strings.FieldsSeq(g.words) {
			m[w] |= g.effects
		}
	}
	return m
}

// strong are words that are verbs wherever they stand in a name.
var strong = table(
	group{Read, `get list read search find show describe view retrieve lookup check inspect examine explore discover
		count calculate compute convert compare analyze analyse validate verify parse extract summarize summarise explain
		detect identify measure estimate predict recommend suggest translate decode encode format diff preview peek
		cat ls grep glob head tail stat whois ping poll watch wait monitor observe resolve match classify rank score
		echo think reason render display print tell return provide determine assess audit lint scan obtain enumerate collect
		gather browse locate is has ask simulate solve interpret dump traverse pull capture filter aggregate
		divide multiply subtract plot chart access visualize visualise profile hash tokenize give outline confirm fuzzy lookup`},
	group{Read | Network, `fetch crawl scrape download visit navigate goto curl wget google spider`},
	group{Write, `create update write edit add set put save insert modify change append upsert rename move copy store make
		register configure config enable disable toggle mark unmark assign unassign attach detach link unlink apply patch replace
		upload import sync merge commit rebase clone init initialize setup build generate scaffold convert_to restore
		close reopen lock unlock pin unpin archive unarchive star unstar follow unfollow like unlike vote approve reject
		accept decline resolve_thread complete finish submit cancel pause resume stop start restart reboot shutdown scale
		provision allocate schedule reschedule book reserve snooze adjust increase decrease increment decrement resize crop
		rotate draw paint click press hover scroll fill tap swipe drag drop_file upgrade downgrade migrate seed
		populate refresh reload reindex index_documents rollback revert undo redo bump promote demote grant invite_user
		join leave subscribe unsubscribe mute unmute block unblock ban unban kick connect disconnect login logout authenticate
		authorize remember memorize learn ingest push fork stage unstage stash cherry annotate label_item highlight
		bulk_update overwrite extend mint_nft mutate reorder sort_items reset zadd hset sadd lpush rpush mkdir touch chmod chown
		duplicate transform optimize train finetune play skip alter ensure persist attribute enrich
		log_in sign_in mock inject load prepare begin end finalize manage control type_text compose define
		rebuild trim upscale initiate produce synthesize design render_video append_block expire insert_text manipulate customize withdraw_application`},
	group{Write | Delete, `delete remove drop destroy purge erase wipe truncate clear trash uninstall revoke kill terminate prune
		flush discard forget rm del hdel unpublish deregister unregister evict expunge rmdir deactivate decommission deprovision clean cleanup`},
	group{Execute, `execute exec run eval evaluate invoke spawn launch shell bash powershell compile trigger perform_action debug`},
	group{Write | Execute, `deploy install undeploy redeploy`},
	group{Write | Send, `send publish tweet notify reply forward broadcast share invite announce dm email_to crosspost retweet post_message`},
	group{Write | Money, `buy sell purchase pay refund checkout swap bid deposit withdraw stake unstake donate redeem payout lend borrow`},
)

// weak are verbs and nouns in one: they count at a name's beginning or end, where no
// other verb stands, and where they begin a sentence.
var weak = table(
	group{Read, `query report test review select document sample track look view quote trace browse search request screenshot
		snapshot plan answer guide help consult offer open_api map measure sum sort join_tables split forecast export
		lists returns gives access chat learn sequentialthinking thinking interact use`},
	group{Write, `record order file comment log open update post label tag release branch schedule bookmark note type flag rate
		focus queue stream sign process handle transition activate switch swap_items enter set up`},
	group{Write | Send, `message mail email post call text chat_with`},
	group{Write | Money, `trade transfer charge invoice mint order`},
	group{Execute, `script automate command control task_run terminal`},
)

// secrets are what a name or a parameter calls a secret. A token alone may be a coin,
// or a piece of text.
var secrets = table(group{Secret, `password passwords passwd passphrase secret secrets credential credentials apikey api_key api_keys private_key privatekey
	private_keys ssh_key ssh_keys access_token auth_token refresh_token bearer_token session_token id_token api_token secret_key
	client_secret otp totp mnemonic seed_phrase keychain keyring env_var env_vars environment_variables cookies cookie jwt
	signing_key recovery_code recovery_codes pin_code cvv access_key service_account_key`})

// web are words of the open network.
var web = table(group{Network, `url urls uri website websites webpage webpages web internet http https webhook webhooks browser
	crawl scrape online google rss dns whois sitemap html_page`})

// handled are things that something is done with: creating a payment pays.
var handled = table(
	group{Money, `payment payments order orders refund refunds payout payouts checkout subscription purchase transaction transfer charge trade swap`},
	group{Send, `email emails mail message messages sms tweet tweets dm notification notifications post announcement`},
)

// runs are pairs of words of a description that say that code is run.
var runs = table(group{Execute, `shell_command shell_commands arbitrary_code arbitrary_sql python_code javascript_code terminal_command
	sql_query sql_queries sql_statement sql_statements bash_command bash_commands system_command system_commands any_command code_in`})

// parameters are names that say what a tool does with them, whole.
var parameters = table(
	group{Execute, `command commands cmd shell shell_command script code sql sql_query argv javascript js python_code expression_js
		cypher powershell bash executable program source_code sql_statement`},
	group{Network, `url urls uri uris endpoint webhook callback href link links target_url base_url host hostname domain proxy`},
	group{Send, `recipient recipients to_email email_to bcc cc message_text email_body reply_text tweet`},
	group{Write, `new_content file_content new_text new_value new_name new_string replacement new_path`},
	group{Read, `file_path filepath filename path`},
)

// endings are the last words of parameters' names.
var endings = table(
	group{Network, `url urls webhook uri`},
	group{Execute, `sql`},
	group{Secret, `password secret apikey passphrase`},
)

// informs are nouns that name what is had from a tool.
var informs = words(`info information status details detail stats statistics history summary overview help docs documentation version
	metadata schema price prices quotes forecast weather news time date datetime timezone health ranking rankings leaderboard
	reference catalog list results result definition definitions insights trends average median mean mode min max
	distance length size balance capabilities about whoami me today random lookup index example examples tree graph context`)
