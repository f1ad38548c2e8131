package effect

import (
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/definition"
)

// labelled are tools whose effects a person judged: name, description, parameters,
// effects. "unclear" is none. They must be exactly these.
const labelled = `
get_weather | Get the current weather for a city | city | read
getUser | Returns a user by id | id | read
list_issues | List issues of a repository | owner repo state | read
list-files | Lists files in a directory | path | read
search_code | Search code | query | read
searchDocuments | Full text search in documents | q limit | read
read_file | Read the complete contents of a file | path | read
read_multiple_files | Read several files at once | paths | read
fetch | Fetches a URL from the internet | url max_length | read+network
fetch_html | Fetch a website and return its HTML | url headers | read+network
describe_table | Describe the columns of a table | table | read
show_status | Shows the working tree status | repo_path | read
git_diff | Shows differences between branches | target | read
git_log | Shows the commit logs | max_count | read
get_update_history | Get the history of updates | id | read
get_order_status | Retrieve the status of an order | order | read
list_deleted_items | List items in the trash | | read
count_tokens | Count the tokens of a text | text | read
calculate | Calculate an expression | expression | read
convert_currency | Convert an amount between currencies | amount currency | read
translate_text | Translate text to another language | text lang | read
summarize | Summarize a long text | text | read
validate_json | Validate JSON against a schema | json | read
parse_csv | Parse CSV into rows | csv | read
compare_versions | Compare two versions | a b | read
analyze_sentiment | Analyze the sentiment of a text | text | read
find_symbol | Find a symbol | symbol | read
lookup_ip | Look up where an address is | ip | read
check_health | Checks whether the service is well | | read
inspect_image | Inspect an image | image | read
view_page | View one page | page | read
query_metrics | Query metrics by name | metric | read
ping | Check that the server answers | | read
echo | Echo back the input | message | read
weather | | city | read
project_info | | | read
random_verse | | | read
stock_price | | symbol | read
current_time | | | read
resolve-library-id | Resolves a package name to an id | libraryName | read
explain_code | Explain a piece of text | text | read
grep | Search for a pattern | pattern | read
get_token_price | Get the price of a token | token | read
tail_logs | Tail logs | lines | read
extract_entities | Extract entities from text | text | read
browse_catalog | Browse the catalog | page | read
aggregate | Run an aggregation | pipeline | read+execute
crawl_site | Crawl a website | depth | read+network
scrape_page | Scrape one page | url | read+network
download_report | Download a report | id | read+network
navigate | Navigate to a URL | url | read+network
web_search | Search the web | query | read+network
brave_web_search | Performs a web search using the Brave API | query count | read+network
get_rss_feed | Get a feed | url | read+network
whois_domain | Look up who owns a domain | domain | read+network
create_issue | Create a new issue | title body | write
createIssue | Creates an issue | title | write
update_document | Update a document | id content | write
write_file | Create a new file or overwrite an existing one | path content | read+write
edit_file | Make line edits to a text file | path edits | read+write
add_label | Add a label | label | write
set_config | Set a configuration value | key value | write
save_memory | Save a memory | text | write
insert_rows | Insert rows into a table | rows | write
move_file | Move or rename files | source destination | write
rename_branch | Rename a branch | name | write
copy_object | Copy an object | key | write
create_directory | Create a new directory | path | read+write
merge_pull_request | Merge a pull request | number | write
git_commit | Records changes to the repository | message | write
git_add | Adds file contents to the staging area | files | write
close_issue | Close an issue | number | write
assign_task | Assign a task to somebody | task | write
archive_project | Archive a project | id | write
enable_feature | Enable a feature flag | flag | write
pause_campaign | Pause a campaign | id | write
restart_server | Restart a server | id | write
scale_deployment | Scale a deployment | replicas | write
create_or_update_file | Create or update a file | content | write
get_or_create_user | Gets a user or creates one | id | read+write
addIssueLabel | Add a label to an issue | label | write
linear_addIssueLabel | Add a label | label | write
databases_update_document | Update document | id | write
browser_click | Perform click on a web page | element ref | write+network
generate_image | Generate an image from a prompt | prompt | write
record_item | Record an item | item | write
file_upload | Upload a file | name | write
kv_put | Put a value | key value | write
zadd | Add a member to a sorted set | member | write
schedule_meeting | Schedule a meeting | when | write
book_room | Book a room | when | write
subscribe_topic | Subscribe to a topic | topic | write
apply_patch | Apply a patch | patch | write
init_project | Initialize a project | name | write
delete_file | Delete a file | path | read+write+delete
deleteUser | Deletes a user permanently | id | write+delete
remove_label | Remove a label | label | write+delete
drop_table | Drop a table | table | write+delete
purge_queue | Purge a queue | queue | write+delete
truncate_table | Truncate a table | table | write+delete
clear_cache | Clear the cache | | write+delete
uninstall_plugin | Uninstall a plugin | name | write+delete
revoke_access | Revoke access of a user | id | write+delete
kill_process | Terminate a running process by PID | pid | write+delete
terminate_instance | Terminate an instance | id | write+delete
files_del | Delete files | ids | write+delete
get_and_delete_message | Get a message and delete it | id | read+write+delete
fetch_and_clear | | | read+write+delete+network
search_and_replace | Search and replace text | pattern replacement | read+write
archive_or_delete | Archives or deletes the item | id | write+delete
cleanup | Cleans up old records | days | write+delete
execute_command | Execute a command in the shell | command | execute
run_shell | Run a shell command | command | execute
run_tests | Run the tests | suite | execute
exec | Executes something | cmd | execute
eval_js | Evaluate JavaScript | code | execute
python | Run Python code | code | execute
bash | Run a bash command | command | execute
execute_sql | Execute a SQL query | sql | execute
query | Run a read-only SQL query | sql | read+execute
run_query | Runs a query | query | execute
invoke_lambda | Invoke a function | payload | execute
trigger_build | Trigger a build | job | execute
get_result | Get a result | command | read+execute
install_package | Install a package | package | write+execute
deploy_site | Deploy a site | id | write+execute
run_workflow | Run a workflow | id | execute
launch_app | Launch an app | app | execute
send_email | Send an email | to subject body | write+send
sendMessage | Sends a message | chat text | write+send
slack_post_message | Post a message to a channel | channel | write+send
reply_to_thread | Reply to a thread | text | write+send
publish_article | Publish an article | id | write+send
share_document | Share a document | id | write+send
invite_user | Invite a user | id | write+send
create_tweet | Create a tweet | text | write+send
broadcast | Broadcast to everyone | text | write+send
notify_team | Notify the team | text | write+send
forward_email | Forward an email | recipient | write+send
create_email | Create an email | to bcc | write+send
message_send | Send | text | write+send
get_secret | Get a secret | name | read+secret
list_api_keys | List keys | | read+secret
rotate_credentials | Rotate credentials | id | write+secret
read_env_vars | Read variables | | read+secret
get_access_token | Get a token | | read+secret
login | Log in | user password | write+secret
create_user | Create a user | name password | write+secret
export_private_key | Export a key | id | read+secret
generate_totp | Generate a code | | write+secret
buy_stock | Buy a stock | symbol | write+money
create_payment | Create a payment | id | write+money
place_order | Place an order | symbol | write+money
refund_charge | Refund a charge | id | write+money
pay_invoice | Pay an invoice | id | write+money
transfer | Transfer funds | amount recipient | write+money+send
swap_tokens | Swap tokens | amount slippage | write+money
withdraw | Withdraw funds | amount wallet | write+money
create_order | Create an order | item | write+money
donate | Donate | amount | write+money
kiss | | | unclear
exia | Description not available | x | unclear
foo_bar | Does the thing | x | unclear
36kr | 热榜 | | unclear
x | | | unclear
wizard | A tool for wizards | spell | unclear
`

func TestLabelled(t *testing.T) {
	n := 0
	for line := range strings.Lines(labelled) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) != 4 {
			continue
		}
		n++
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		e := of(t, shown{Name: f[0], Description: f[1], InputSchema: properties(f[2])})
		got := e.Inferred.String()
		if e.Unclear {
			got = "unclear"
		}
		if got != f[3] {
			t.Errorf("%s, %q, %s: %s, want %s; %v", f[0], f[1], f[2], got, f[3], e.Why)
		}
		if e.Changes() != strings.ContainsAny(f[3], "x") && strings.Contains(f[3], "execute") || e.Unclear && !e.All().Has(Write) {
			t.Errorf("%s: %v", f[0], e)
		}
	}
	t.Logf("%d labelled", n)
}

// What hides in a name, a later sentence or a parameter is found all the same, and an
// annotation takes nothing away.
func TestNothingIsTakenAway(t *testing.T) {
	for _, c := range []struct {
		in   shown
		want Set
	}{
		{shown{Name: "get_file_and_delete", Description: "Get a file"}, Delete},
		{shown{Name: "read_notes", Description: "Reads notes. Sends a copy to the backup address."}, Send},
		{shown{Name: "read_notes", Description: "Reads notes and deletes them"}, Delete},
		{shown{Name: "read_notes", Description: "Reads notes", InputSchema: properties("command")}, Execute},
		{shown{Name: "read_notes", InputSchema: []byte(`{"anyOf":[{"properties":{"o":{"properties":{"webhook_url":{}}}}}]}`)}, Network},
		{shown{Name: "wipe", Annotations: []byte(`{"readOnlyHint":true}`)}, Delete},
		{shown{Name: "zzz", Annotations: []byte(`{"readOnlyHint":true}`)}, Write},
	} {
		if e := of(t, c.in); !e.All().Has(c.want) || !e.Changes() && c.want&changes != 0 {
			t.Errorf("%v: %v", c.in.Name, e)
		}
	}
	if e := of(t, shown{Name: "wipe", Annotations: []byte(`{"readOnlyHint":true}`)}); !e.Contradicts() {
		t.Error("a reader that wipes contradicts itself", e)
	}
	if e := of(t, shown{Name: "get_x", Annotations: []byte(`{"readOnlyHint":true}`)}); e.Contradicts() || e.Changes() || e.Declared != Read {
		t.Error("a reader that reads does not", e)
	}
	if e := of(t, shown{Name: "get_x", Annotations: []byte(`{"destructiveHint":false}`)}); !e.All().Has(Write) {
		t.Error("a tool that is declared to write writes", e)
	}
}

// The zero of everything is the worst.
func TestZero(t *testing.T) {
	if e := Of(definition.Definition{}); !e.Unclear || !e.Changes() || !e.All().Has(Write) {
		t.Error(e)
	}
	if !(Effects{}).Changes() || Tier(Effects{}, Unclassified) != 3 || Tier(Effects{}, 99) != 3 {
		t.Error("the zero Effects are harmless")
	}
}

func TestTier(t *testing.T) {
	for _, c := range []struct {
		effects Set
		want    [4]int // by public, internal, confidential, restricted
	}{
		{Read, [4]int{1, 2, 2, 3}},
		{Read | Network, [4]int{2, 2, 3, 3}},
		{Write, [4]int{2, 2, 3, 3}},
		{Read | Write | Network, [4]int{2, 2, 3, 3}},
		{Write | Delete, [4]int{3, 3, 3, 4}},
		{Write | Send, [4]int{3, 3, 3, 4}},
		{Execute, [4]int{4, 4, 4, 4}},
		{Read | Secret, [4]int{4, 4, 4, 4}},
		{Write | Money, [4]int{4, 4, 4, 4}},
		{0, [4]int{2, 3, 3, 3}},
	} {
		for i, want := range c.want {
			if got := Tier(Effects{Inferred: c.effects, Unclear: c.effects == 0}, Class(i+1)); got != want {
				t.Errorf("%v with data of class %d: tier %d, want %d", c.effects, i+1, got, want)
			}
		}
	}
}

func TestSplit(t *testing.T) {
	for in, want := range map[string]string{
		"getURLOf": "get url of", "get_user-by.id/2": "get user by id 2", "GetHTTPServer2Info": "get http server 2 info", "": "", "__": "", "ABC": "abc", "löscheAlles": "lösche alles",
	} {
		if got := strings.Join(split(in), " "); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add([]byte(`{"name":"get_x","description":"Gets, and or then. S","inputSchema":{"properties":{"sql":{"description":1}}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := definition.Parse(mantlet.KindTool, raw)
		if err != nil {
			return
		}
		if e := Of(d); e.Unclear != (e.Inferred == 0) || e.Unclear && !e.Changes() {
			t.Fatal(e)
		}
	})
}
