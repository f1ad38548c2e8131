package lookalike

import "strings"

// ordinary are words that honest tools and servers are named and described with. They
// were counted in the names and descriptions of public tools, those of every second
// server: what several servers use is ordinary. Everyday words were added. A name that differs from a known one
// by such a word is another name; one that differs by a word that is none is a slip of
// the pen, or meant to be taken for one.
var ordinary = func() map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(ordinaryWords) {
		m[w] = true
	}
	return m
}()

const ordinaryWords = `
about absolute accepts access accessible account accounts accurate across action actions active activities activity actor actual ad adapt add added
adding additional address addresses adds admin advanced advice after against agent agents aggregate aggregated agile ai air album alert alerts all
allow allowed allows along already also always amazon amount analysis analytics analyze analyzes analyzing and animation annotations another answer
answers any anything api apis app appear append applicable application applications applied apply appointments appropriate approve apps archive
archived are area args argument arguments array art article articles artist artists as ask asks assessment asset assets assign assigned assignee
assignment assignments assistant associated at attach attachment attachments attempts attribute attributes audio audit auth authenticate authenticated
authentication author auto automatic automatically automation availability available average avoid azure back background backlog backup backups
balance balances bank base based bases bash basic batch been before being belongs below best better between billing block blocked blocks blog bmi
board boards body bond book books bool boolean both box branch branches brave break breakdown breaking bridge browse browser btc bucket build building
builds built bulk business but buy by cache calculate calendar call called calling calls can cancel cannot canvas cap capabilities capacity capture
card cards case cases catalog categories category caution cell cells chain change changed changelogs changes channel channels chapters character
characters chart chat chats check checker checking checklist checkout checks child children chroma citations cities city claim class classes
classification claude clean clear click client clone close closed cloud cluster clusters code codebase codegen codes coding coin coins collect
collection collections color colors column columns com combined comma command commands comment comments commit commits common companies company
compare comparing comparison compatibility compatible complete completed completion complex compliance component components composition compound
comprehensive compute concise condition conditions config configuration configurations configure configured confirm confirmation confluence connect
connected connection connections connectivity connector consider console constraints consumer contact contacts contain container containing contains
content contents context continue contract control conversation conversations conversion convert converts cookie coordinates copy core correct
correction corresponding cost count countries country counts course courses coverage cpu crawl create created creates creating creation credentials
credits criteria critical cross crypto cryptocurrency css csv ctx curl currencies currency current currently cursor custom customer customers
customizable cycle cycles daily dart dashboard dashboards data database databases dataset datasets date dates datetime day days db deals debug
debugging decision decisions decode decrypt deep deepens default defaults defined definition definitions delegations delete deleted deletes deleting
deletion dependencies dependency deploy deployment deprecated depth desc describe description descriptions design desktop destination destinations
destroy detail detailed details detect detection determine dev developer development device devices diagnose diagram dialog dict dictionaries
dictionary diff different dig dimensions dir direct direction directions directly directories directory disable disclosure disconnect discover
discovering discovery disk display displayed distance distinct distribution dns doc docker docs document documentation documents does doesn domain
domains don done double down download downloaded downloads draft drag drive driver drop drug due dump duplicate duration during dynamic each echo edit
editing editor effects either element elements elevation email emails emoji employee employees empty enable enabled encode encoded encrypt end
endpoint endpoints engagement enhanced ensure entire entities entity entries entry env environment environments epic error errors essential estimate
etc eth ethereum evaluate evaluation even event events exa exact examine example examples excel exchange exchanges exec execute executed executes
executing execution exist existing exists expand expected experiments explain explicit explicitly explore export expression expressions extension
extensions external extract extraction extracts face fail failed fails failure false fast feature featured features feed feedback feeds fetch fetches
field fields figma file filename files fill fills films filter filtered filtering filters financial find finding finds first fix flag flags flexible
flight flights float flow flows flux focus folder folders follow following food for force forecast fork form format formats formatted formatting forms
formula forward found frame free from full fulltext function functionality functions funding further future game games gathering gemini general
generate generated generates generating generation generator genres geocode geocoding geographic get gets gif git github give given global go goal
google graph graphql group grouped groups guidance guide guides handle handles handling has hash have head headers health height hello help helps hex
hierarchical hierarchy high histogram historical history home host hosts hour hourly hours hover how html http https human id ideal identified
identifier identify ids iframe image images impact implementation import important in inbox incident incidents include included includes including
index indexed indexes indexing indicating indices individual info information ingest init initial initialize initiate input inputs insert insight
insights inspect install installed instance instances instead instructions int integer integrate integration integrations intelligence interact
interaction interactive interface internet interval into invalid inventory inverse invitation invite ip is iso issue issues item items iteration
iterations its javascript jira job jobs join journal journals journey jql js json just keep key keyboard keys keyword keywords kill know knowledge
known label labels language languages large last later latest latitude launch layer layout leader leaderboard league least leave left length let
letter level levels libraries library license like limit limited limits line linear lines link linkedin links liquidity list listing listings lists
live llm load local locate location locations log logging logic login logout logs long longer longitude look lookup loss low mac machine macos made
main maintain maintenance make making manage management manager manual manually many map mapping maps margin margins mark markdown market markets
match matches matching math matrix max maximum may mcp md me meal media meeting meetings member members memberships meme memories memory mentioned
mentions menu merge message messages meta metadata method methods metric metrics microsoft might migrate migration migrations min minimum minute
minutely missing mobile mode model models modified modify module modules moments monitor monitoring monitors month more most move movie multi multiple
multiply music must my mysql name named names namespace namespaces native natural navigate navigation nearby necessary need needed needs nested
network networks new news next nft node nodes non none not note notebook notebooks notes notification notifications notion now npm null num number
numbers oauth object objects observations obtain ocr octagon of official offset ohlcv on once one ones only open openai openapi operation operations
opportunities optimize optimized option optional optionally options or order orderbook orders org organization organizations original other otherwise
otp out outdated output over overall overview own owned owner package packages page pages paginated pagination pair paper paragraph param parameter
parameters params parent parse partial particular particularly pass passed password past patch path paths pattern patterns pause payment payments pdf
pending people per percentage perfect perform performance performed performs period periods permanently permission permissions perplexity person
personal phone physical ping pipeline pipelines place places plain plan planning platform play played player players playground playlist playlists
playwright please plot plugin plus png point points policy poll pool pools popular port portfolio position positions positive post postman posts
potential power powerful practices pre precipitation precise predefined prediction predictions preferences prefix prepare presence press preview
previous previously price prices pricing primary print priorities priority private pro problem problems procedures process processes processing
product production productivity products profile profiles program progress project projects prometheus promote prompt prompts proper properly
properties property protocol protocols provide provided provider providers provides providing proxy public publication publish published pubmed pull
purpose purposes push put python qr quality queries query question questions queue queues quick quote quotes rag raises random range ranges rank
ranking rate rates rather rating ratings raw reaction reactions read readable reading readonly reads ready real reasoning receive received recent
recently recommend recommendations recommended record records recursive recursively reddit reference references reflect refresh region regions
register registered regular related relation relations relationship relationships relative release releases relevance relevant remaining remote remove
removes removing rename render rendered reopen repl replace replies reply repo report reporting reports repositories repository representation
representing request requested requests require required requirements requires requiring research reset resize resolution resolve resolved resource
resources response responses restart restore result results resume retrieval retrieve retrieves retrieving return returned returns reverse revert
review reviewed reviews revise revision revoke rich risk role roles room root route routes row rows rss rule rules run running runs runtime safely
sales same sample sandbox save saved saves scale scan scans scatter scenario scene schedule scheduled schema schemas scope score scores scrape scraper
screen screenshot script scripts scroll sdk search searchable searches searching sec seconds secret section sections secure security see seed segment
segments select selected selection selector self sell semantic send sending sends sent seo separate separated sequentialthinking series server servers
service services session sessions set sets setting settings setup severity sha shape share shared shares sheet shell short shortcut should show
showing shows sign signing similar similarity simple simplified simulate simulation simulator since single site sitemap sites size slack slug small
smart snapshot snippet social solution solving some sort sorted sorting source sources space spaces span spec specific specifically specified specify
speech speed split spotify sprint sprints sql ssh stack standard standings star start started starting starts state statement statements states static
station statistics stats status statuses steam step steps stock stop stops storage store stored stories story str stream string strings structure
structured style styles sub subject submission submissions submit subreddit subreddits subscribe subscribed subscription subscriptions subsequent
subtask subtasks subtract success successful successfully such suggest suggestions suitable sum summaries summarize summary supply support supported
supports sure svg swagger swap switch symbol symbols sync syntax system tab table tables tag tags tail take takes target targeted task tasks team
teams technical temp temperature template templates tenant tenants term terminal terminate terms test testing tests text than that the their them then
there these they think thinking this thought thoughts thread threat through ticker tickers ticket tickets time timeline timeout times timestamp
timestamps tips title titles to today todo todoist todos token tokens tool tools top topic topics total trace traces track tracking tracks trade
trades trading traffic transaction transactions transcript transcripts transfer transfers transform transition transitions translate trash travel tree
trend trending trends trigger true try tweet tweets twitter two tx txt type types typescript typically ui unarchive unassign unblock under understand
understanding undone unique unit units unless unlike unread unsubscribe until up upcoming update updated updates updating upgrade upload upsert uri
url urls usage usd use used useful user username users uses using utils uuid valid validate validates validation value valueerror values variable
variables variants various vault vector verification verify version versions via video videos view viewer viewport views virtual visibility visible
visual visualization visualize voice volume vulnerabilities vulnerability wait wallet want wants warning was watch weather web webhook webhooks
webpage website week weight well were what when where whether which while who whois whose wiki will window windows with within without word words work
workflow workflows working worklog works workspace workspaces world would write xml yaml year you your youtube yyyy zones
able above aim alarm alias angle animal apple arm aside atom auction aunt axis baby bad bag bake ball band bar bare barn bath beach beam bean bear
beat bed bell belt bench bend bet bike bill bin bird bit bite blade blank blind blood blow boat bold bolt bomb bone boot border born boss bottle bowl
brain brake bread bring broad brown brush budget bug bull burn bus bush buyer cabin cable cage cake calm camp candle cape car care cargo cart cash
cast castle cat cave chair chalk cheap cheese chef chest chief chip choir circle clay cliff cloth club coach coal coast coat cold cook cool copper
corn couch court cow crab craft crane crew crop crowd crown cup cure curve dairy dam dance dark dawn deal dear debt deck deer desk dial dice diet dirt
dish dive dock dog doll door dose dot dozen dragon dream dress drill drink drum dry duck dust duty eagle ear early earth east easy edge egg elder elm
engine equal essay exam exit eye fabric fact fair fake fall fame farm fate fear feast fee fiber fiction fig film fine fire firm fish fist fit flame
flat fleet flesh flock flood floor flour flower fluid foam fog fold folk foot forest fort foul fresh frog fruit fuel funny fur gap garden gas gate
gauge gear gem ghost gift girl gist glass globe glove glue goat gold golf grain grand grass grave gray green grid grip guard guest guitar gun gym hair
half hall ham hammer hand harbor hard harm hat hawk hay heart heat heavy heel herb hero hill hint hip hobby hole holy honey honor hood hook hope horn
horse hotel house humor hunt hurry ice idle inch ink iron jacket jail jar jazz jeep jet jewel joke joy juice jury keen kettle kick kid kind king kiss
kit kite knee knife knot lady lake lamb lamp lane lawn lazy leaf leg lemon lid lift lime lion lip liver loan lobby loop lord lost loud lunch lung
magic mail maker male mall marble mars mass mast mat mean meat medal melon metal mild milk mill mind mine mint mirror mist moon moral mother motor
mouse mouth mud mug mural muscle myth nail neck needle nest net nice night noble noise north nose nurse nut oak oat ocean odd oil olive onion oral
oven owl oxygen pace pack pain palm pan park parrot part paste peace pear pen pepper pet phase piano pie pig pill pilot pine pink pipe pit pizza plane
plate plum poem poet pole pond pony poor pot pound powder prayer pride prince prison prize proof pump pupil pure quest quiet rabbit race rack rail
rain rare rat ray reef rent rest rice ride rifle ring ripe road roar rock rod roll roof rope rose rough round royal rude rug ruin rural rust sad sail
salad salt sand sauce scar scarf seal seat shade shadow shark sheep shelf shield shift ship shirt shock shoe shop shore shoulder sick silk silver sink
skill skin skirt sky sleep sleeve slim slope smoke smooth snake snow soap sock soft soil solar song sonic soul soup south spare spear spell spice spin
spine spirit spoon sport spring square stable staff stage stair stake stamp steel stem stick stone storm stove straw street strike stuff sugar suit
sun swan sweet swim sword tale tall tank tape taste taxi tea tear tent thin thumb tide tiger tile tin tire toe tone tooth torch tour towel tower toy
trail train tray treat tribe trick trip truck trunk tube tuna tune twin uncle upper urban valley van vase vest villa vine violin vivid vote wage wagon
waist wall walnut war warm wasp wave wax weak wealth weapon wedding weed wheat wheel whip white wide wife wild wind wine wing winter wire wise wolf
wood wool worm worth wrist yard yarn yellow young youth zebra zoo motion nation station ration portion potion lotion notice
`
