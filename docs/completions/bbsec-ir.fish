# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_bbsec_ir_global_optspecs
    string join \n case= format= o/output= q/quiet v/verbose color= no-progress fail-on= h/help V/version
end

function __fish_bbsec_ir_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_bbsec_ir_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_bbsec_ir_using_subcommand
    set -l cmd (__fish_bbsec_ir_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "case" -d 'Begin, show or change a case'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "isolate" -d 'Cut instances off by swapping their security groups'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "release" -d 'Put back what `isolate` changed'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "collect" -d 'Bring evidence into the case'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "scan" -d 'Look for what was touched, left behind, and exposed'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "pivot" -d 'Everything linked to one indicator, hop by hop'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "timeline" -d 'What happened, in order'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "findings" -d 'List, show or dismiss findings'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "rotate" -d 'Work off the rotation list'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "report" -d 'Render the report'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "handover" -d 'Texts and a bundle for those who must be told'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "run" -d 'Run a playbook'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "playbook" -d 'Validate, show or list playbooks'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "approve" -d 'Agree, from another terminal, to a step that a run asks about'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "tasks" -d 'What playbooks leave to people, and what came of it'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "undo" -d 'Take a run back, last step first'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "verify" -d 'Check journal, evidence, findings and signatures'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "rules" -d 'Which Sigma or gitleaks rules load, and which not'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "aws" -d 'The IAM policy that a command or playbook needs'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "schema" -d 'JSON Schemas of inputs and outputs'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "completions" -d 'Completions for a shell'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "man" -d 'The manual page'
complete -c bbsec-ir -n "__fish_bbsec_ir_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -f -a "new" -d 'Begin a case in a new folder'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -f -a "show" -d 'What the case is about and what has been done'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -f -a "set" -d 'Change title, window, suspects, contacts, …'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -f -a "sign" -d 'Sign the journal as it stands now, and with it everything that it names'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -f -a "custody" -d 'Hand the case to somebody else'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and not __fish_seen_subcommand_from new show set sign custody help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -l title -d 'One line that says which incident' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -l product -d 'bitbucket, jira, confluence or stash' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -l product-version -d 'The product\'s version' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -l from -d 'First moment that matters' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -l to -d 'Last moment that matters' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -l suspect -d 'KIND:VALUE; kinds: ip, user, session, token, ssh-key, user-agent' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from new" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -l origin -d 'Every setting, and whether flag, environment, case, user file or default says it'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from set" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from set" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from set" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from set" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from set" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from set" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from sign" -l key -d 'OpenSSH private key to sign with; without it the ssh-agent is asked' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from sign" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from sign" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from sign" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from sign" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from sign" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from sign" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from sign" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from sign" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from sign" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from sign" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -l to -d 'Who takes it over' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -l why -d 'Why' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -l key -d 'OpenSSH private key to sign with; without it the ssh-agent is asked' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -l unsigned -d 'Do not sign'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from custody" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from help" -f -a "new" -d 'Begin a case in a new folder'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from help" -f -a "show" -d 'What the case is about and what has been done'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change title, window, suspects, contacts, …'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from help" -f -a "sign" -d 'Sign the journal as it stands now, and with it everything that it names'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from help" -f -a "custody" -d 'Hand the case to somebody else'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand case; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l instance -d 'Instance to isolate; repeat for several. The case\'s instances when none is given' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l allow -d 'Addresses that may still come in, such as the responder\'s; repeat for several' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l lock-days -d 'Lock the complete snapshots against deletion for so many days; 0: not at all' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l cluster -d 'Isolate every node of the same cluster too'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l cut-tracked -d 'Add network ACL denies for the instance\'s addresses, against connections that stay tracked'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l cut-now -d 'Cut first: request no snapshots before'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l revoke-role-sessions -d 'Detach the instance profile and revoke sessions that its roles have issued'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l no-wait -d 'Do not wait, after the verdict, until the snapshots are complete'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand isolate" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l instance -d 'Only these instances' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l partial -d 'Leave alone what somebody changed meanwhile, and put back the rest'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand release" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "instance" -d 'Facts of instances: interfaces, groups, routes, console, screenshot'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "volumes" -d 'Snapshots of all volumes, verified and locked'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "attach" -d 'Volumes of the snapshots at a forensic instance, and the commands that mount them read-only'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "cloudtrail" -d 'CloudTrail events and trail logs, their digests verified, and what is missing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "traffic" -d 'VPC flow logs and load balancers\' access logs; what is not configured is named'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "credentials-use" -d 'What IAM says of access keys and the instance\'s roles: owner, last use'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "home" -d 'Logs, configuration, plugins of a home; repositories are registered in place'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "logs" -d 'Logs and audit logs of a home alone: what rotates away first'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "database" -d 'The product\'s tables of accounts, keys, grants, plugins and audit, read-only'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "rest" -d 'What an administrator may ask a running product: accounts, grants, tokens, plugins, audit'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "vault" -d 'Copy the evidence bag to S3 under Object Lock'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "all" -d 'All of it, in the order in which evidence is lost; what is missing is said'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and not __fish_seen_subcommand_from instance volumes attach cloudtrail traffic credentials-use home logs database rest vault all help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l instance -d 'Instance; repeat for several. The case\'s instances when none is given' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from instance" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l instance -d 'Instance; repeat for several. The case\'s instances when none is given' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l lock-days -d 'Lock the snapshots for so many days' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l mode -d 'How they are locked' -r -f -a "governance\t'Who has the permission can unlock'
compliance\t'Nobody can unlock, not even the account\'s root, until the time is over'"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l copy-kms-key -d 'Copy the snapshots under this KMS key' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l share-with -d 'Share the snapshots (their copies, where they are copied) with this account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l wait -d 'Wait until the snapshots are complete, check the set against what is attached, and lock them'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l again -d 'Make a new set although this case has one already'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from volumes" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l to -d 'The forensic instance that gets the volumes' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l instance -d 'Instance whose snapshots are meant; repeat for several. The case\'s instances when none is given' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l snapshot -d 'Snapshot, such as a copy that was shared with this account; repeat for several. Then no instance is looked at' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from attach" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l from -d 'First moment; the case\'s window when absent, else ninety days ago' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l to -d 'Last moment; the case\'s window when absent, else now' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l trail-region -d 'Region to ask; repeat for several; `all` for every enabled one. The configured one and us-east-1 when absent' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l bucket -d 'Bucket with trail logs, where DescribeTrails does not name it; repeat for several' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l no-lookup -d 'Do not ask the LookupEvents API'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l no-logs -d 'Do not copy the trails\' logs from S3'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from cloudtrail" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l instance -d 'Instance; repeat for several. The case\'s instances when none is given' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l from -d 'First moment; the case\'s window when absent, else a week ago' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l to -d 'Last moment; the case\'s window when absent, else now' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from traffic" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l access-key -d 'Access key id to ask about beside those of the account\'s users; repeat for several' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l instance -d 'Instance whose role is asked about; the case\'s instances when none is given' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from credentials-use" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l home -d 'The home, a shared home, or the mount point of a snapshot that holds one' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l node -d 'What the node is called in the case: its folder below evidence/data/home' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l snapshot -d 'The snapshot that the home was mounted from, for the record' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l copy-repositories -d 'Copy repositories, attachments and backups too, instead of hashing them where they lie'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l logs-only -d 'Only logs and audit logs, which rotate away'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from home" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l home -d 'The home, a shared home, or the mount point of a snapshot that holds one' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l node -d 'What the node is called in the case: its folder below evidence/data/home' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l snapshot -d 'The snapshot that the home was mounted from, for the record' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l copy-repositories -d 'Copy repositories, attachments and backups too, instead of hashing them where they lie'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l logs-only -d 'Only logs and audit logs, which rotate away'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from logs" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l url -d 'The live database: postgres://USER@HOST:5432/DATABASE, or the product\'s jdbc:postgresql://… (read-only)' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l dump -d 'A pg_dump in plain SQL, packed or not' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l password-file -d 'The database\'s password is in this file; else PGPASSWORD, else it is asked for' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l ca -d 'Authorities that signed the server\'s certificate, in PEM, beside the system\'s' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l name -d 'What the database is called in the case: its folder below evidence/data/database' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from database" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l url -d 'The product\'s address: https://HOST or https://HOST/CONTEXT' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l token-file -d 'An administrator\'s HTTP access token is in this file; else BBSEC_IR_REST_TOKEN, else it is asked for' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l user -d 'The secret is the password of this user, not a token' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l ca -d 'Authorities that signed the host\'s certificate, in PEM, beside the system\'s' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l rate -d 'Questions a second' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l allow-http -d 'Send the token over an unencrypted connection'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l everything -d 'Ask about every user, group, project and repository even where there are thousands'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from rest" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l bucket -d 'The bucket' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l prefix -d 'What keys begin with; the case id follows' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l mode -d 'How objects are retained' -r -f -a "governance\t'Who has the permission can shorten it'
compliance\t'Nobody can shorten it'
none\t'Not at all'"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l retain-days -d 'For how many days' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l accept-weak-vault -d 'Use the bucket although the preflight found something against it'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from vault" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l instance -d 'Instance; repeat for several. The case\'s instances when none is given' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l home -d 'The home, or the mount point of a snapshot that holds one' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l database -d 'The live database: postgres://USER@HOST:5432/DATABASE' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l dump -d 'A pg_dump of the database instead' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l rest -d 'The running product: https://HOST' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l vault -d 'The evidence bucket' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l lock-days -d 'Lock the snapshots for so many days' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l without -d 'Leave a part out knowingly: instance, volumes, home, cloudtrail, credentials-use, traffic, database, rest, vault' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l dry-run -l plan -d 'Show what would change, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l yes -d 'Do not ask'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from all" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "instance" -d 'Facts of instances: interfaces, groups, routes, console, screenshot'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "volumes" -d 'Snapshots of all volumes, verified and locked'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "attach" -d 'Volumes of the snapshots at a forensic instance, and the commands that mount them read-only'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "cloudtrail" -d 'CloudTrail events and trail logs, their digests verified, and what is missing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "traffic" -d 'VPC flow logs and load balancers\' access logs; what is not configured is named'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "credentials-use" -d 'What IAM says of access keys and the instance\'s roles: owner, last use'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "home" -d 'Logs, configuration, plugins of a home; repositories are registered in place'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "logs" -d 'Logs and audit logs of a home alone: what rotates away first'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "database" -d 'The product\'s tables of accounts, keys, grants, plugins and audit, read-only'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "rest" -d 'What an administrator may ask a running product: accounts, grants, tokens, plugins, audit'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "vault" -d 'Copy the evidence bag to S3 under Object Lock'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "all" -d 'All of it, in the order in which evidence is lost; what is missing is said'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand collect; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -f -a "secrets" -d 'Credentials anywhere in repositories\' history, a home, or files'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -f -a "access" -d 'Which repositories, pages and tickets each actor touched'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -f -a "accounts" -d 'New, changed and privileged accounts, tokens and keys'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -f -a "plugins" -d 'Plugins that should not be there'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -f -a "config" -d 'Weak configuration, each with its fix'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -f -a "commits" -d 'Pushed commits that are unsigned, by another than the pusher, forced, or change what runs by itself'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -f -a "cloudtrail" -d 'Attacks and credential use in CloudTrail'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -f -a "all" -d 'All of it, on a home'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and not __fish_seen_subcommand_from secrets access accounts plugins config commits cloudtrail all help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l repo -d 'Bare or ordinary repository; may be repeated' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l home -d 'Home of Bitbucket: all its repositories, configuration and files' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l path -d 'Plain folder or file; may be repeated' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l config -d 'Rules of your own, in gitleaks\' TOML' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l baseline -d 'Leave out what an earlier report (JSON Lines) holds' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l jobs -d 'Threads; by default one per processor' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l explain -d 'Show what speaks for and against one credential: the beginning of its fingerprint, its public name, path or path:line' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l reveal -d 'Print secrets in the clear, on standard output only'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from secrets" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l home -d 'Home of the product' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l log -d 'Log file, folder of logs, or support zip; may be repeated' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l log-tz -d 'Time zone of logs that print none, such as Europe/Berlin or +02:00' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l suspect -d 'KIND:VALUE; kinds: ip, user, session, token, ssh-key, user-agent' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l from -d 'First moment that matters' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l to -d 'Last moment that matters' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l rules -d 'Sigma rules of your own, beside those that come with the program' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l database -d 'Plain pg_dump of the product\'s database, or a folder that `collect database` or `collect rest` wrote; by default what the case holds' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l explain -d 'Show one finding whole, with its reasons and its rule: a finding\'s id or its beginning, or a rule' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from access" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -l home -d 'Home of the product' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -l log -d 'Log file, folder of logs, or support zip; may be repeated' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -l log-tz -d 'Time zone of logs that print none' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -l database -d 'Plain pg_dump of the product\'s database; by default what the case holds' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -l rules -d 'Sigma rules of your own for the audit log' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -l explain -d 'Show one finding whole, with its reasons and its rule: a finding\'s id or its beginning, or a rule' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from accounts" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -l home -d 'Home of the product' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -l baseline -d 'A clean installation or home of the same version, to compare hashes with' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -l database -d 'Plain pg_dump of the product\'s database; by default what the case holds' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -l explain -d 'Show one finding whole, with its reasons and its rule: a finding\'s id or its beginning, or a rule' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from plugins" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -l home -d 'Home of the product' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -l facts -d 'AWS facts that `collect instance` wrote; by default those of the case' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -l explain -d 'Show one finding whole, with its reasons and its rule: a finding\'s id or its beginning, or a rule' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from config" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l home -d 'Home of Bitbucket' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l log -d 'Log file, folder of logs, or support zip; by default those of the home' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l log-tz -d 'Time zone of logs that print none, such as Europe/Berlin or +02:00' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l suspect -d 'KIND:VALUE; kinds: ip, user, session, token, ssh-key, user-agent' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l from -d 'First moment that matters; default: the first push in the logs' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l to -d 'Last moment that matters; default: the last push in the logs' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l explain -d 'Show one finding whole, with its reasons and its rule: a finding\'s id or its beginning, or a rule' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from commits" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -l path -d 'Files or folders; by default what the case has collected' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -l rules -d 'Sigma rules of your own, beside those that come with the program' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -l explain -d 'Show one finding whole, with its reasons and its rule: a finding\'s id or its beginning, or a rule' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from cloudtrail" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from all" -l home -d 'Home of the product, or its mounted snapshot' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from all" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from all" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from all" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from all" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from all" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from all" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from all" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from all" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from all" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from all" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from help" -f -a "secrets" -d 'Credentials anywhere in repositories\' history, a home, or files'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from help" -f -a "access" -d 'Which repositories, pages and tickets each actor touched'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from help" -f -a "accounts" -d 'New, changed and privileged accounts, tokens and keys'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from help" -f -a "plugins" -d 'Plugins that should not be there'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from help" -f -a "config" -d 'Weak configuration, each with its fix'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from help" -f -a "commits" -d 'Pushed commits that are unsigned, by another than the pusher, forced, or change what runs by itself'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from help" -f -a "cloudtrail" -d 'Attacks and credential use in CloudTrail'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from help" -f -a "all" -d 'All of it, on a home'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand scan; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -l hops -d 'How many hops to follow' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -l from -d 'First moment' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -l to -d 'Last moment' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand pivot" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -l from -d 'First moment' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -l to -d 'Last moment' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -l actor -d 'Only what this indicator did; a bare name is a user' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -l request -d 'Only this request, over all logs' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -l limit -d 'At most this many events' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand timeline" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -f -a "list" -d 'All findings, the worst first'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -f -a "show" -d 'One finding with its reasons and evidence'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -f -a "dismiss" -d 'Say that a finding is none, and why'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -f -a "restore" -d 'Take a dismissal back'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and not __fish_seen_subcommand_from list show dismiss restore help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -l severity -d 'At least this bad' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -l analysis -d 'Only of this analysis: access, accounts, plugins, config, cloudtrail, commits' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -l rule -d 'Only of this rule' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -l all -d 'Dismissed ones too'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from show" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from show" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from show" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from show" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from show" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from show" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -l why -d 'Why' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -l by -d 'Who decided' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from dismiss" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -l why -d 'Why' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -l by -d 'Who decided' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from restore" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from help" -f -a "list" -d 'All findings, the worst first'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from help" -f -a "show" -d 'One finding with its reasons and evidence'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from help" -f -a "dismiss" -d 'Say that a finding is none, and why'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Take a dismissal back'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand findings; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -f -a "list" -d 'What to rotate, first things first, and why'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -f -a "done" -d 'Tick an item off'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -f -a "reopen" -d 'Take a tick back: the credential is to be rotated after all'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -f -a "status" -d 'How far it is'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and not __fish_seen_subcommand_from list done reopen status help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -l how -d 'With the steps that revoke and replace each, and that show that the old one is dead'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -l open -d 'Only what is still to be rotated'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -l by -d 'Who rotated it, or says that it must be' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -l note -d 'What was done, for the record' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from done" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -l by -d 'Who rotated it, or says that it must be' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -l note -d 'What was done, for the record' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from reopen" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from status" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from status" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from status" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from status" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from status" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from status" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from help" -f -a "list" -d 'What to rotate, first things first, and why'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from help" -f -a "done" -d 'Tick an item off'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from help" -f -a "reopen" -d 'Take a tick back: the credential is to be rotated after all'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from help" -f -a "status" -d 'How far it is'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rotate; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand report" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand report" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand report" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand report" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand report" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand report" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand report" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand report" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand report" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand report" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -l to -d 'Who is told' -r -f -a "gsac\t'Atlassian\'s support portal'
secrep\t'Atlassian\'s security reports desk'
internal\t'Management and colleagues'
customers\t'Customers'
all\t'Everyone'"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -l bundle -d 'Where to write the zip to attach, instead of into the case' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand handover" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l set -d 'An input, NAME=VALUE' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l resume -d 'Go on with a run that was interrupted' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l yes-to -d 'Approve this step beforehand' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l allowed-signers -d 'OpenSSH\'s list of whose signatures approve steps' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l jobs -d 'Steps side by side, at most' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l plan -d 'Show every change from what to what; read only'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l dry-run -d 'Go through all steps with changes replaced by their plans'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l accept-changes -d 'Resume although the playbook has changed'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand run" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -f -a "validate" -d 'Check playbooks without the network, and run their own tests'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -f -a "show" -d 'The steps of a playbook, or the text of one that comes with the program'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -f -a "list" -d 'The playbooks that come with the program, and what steps can use'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and not __fish_seen_subcommand_from validate show list help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from validate" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from validate" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from validate" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from validate" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from validate" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from validate" -l strict -d 'Warnings count as errors'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from validate" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from validate" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from validate" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from validate" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from validate" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from show" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from show" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from show" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from show" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from show" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from show" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from list" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from list" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from list" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from list" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from list" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from list" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from help" -f -a "validate" -d 'Check playbooks without the network, and run their own tests'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from help" -f -a "show" -d 'The steps of a playbook, or the text of one that comes with the program'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from help" -f -a "list" -d 'The playbooks that come with the program, and what steps can use'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand playbook; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -l run -d 'Only in this run' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -l key -d 'OpenSSH private key to sign with; without it the ssh-agent is asked' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -l yes -d 'Do not ask again'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand approve" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -f -a "list" -d 'What is left to people, by whom, since when'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -f -a "done" -d 'Say what came of a task, and attach the evidence'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -f -a "skip" -d 'Leave a task out, and say why'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and not __fish_seen_subcommand_from list done skip help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from list" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from list" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from list" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from list" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from list" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from list" -l all -d 'Also what is done or left out'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from list" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -l by -d 'Who did it' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -l result -d 'What came of it' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -l attach -d 'A file that shows it; it becomes evidence of the case' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from done" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -l by -d 'Who decided that' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -l why -d 'Why' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from skip" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from help" -f -a "list" -d 'What is left to people, by whom, since when'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from help" -f -a "done" -d 'Say what came of a task, and attach the evidence'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from help" -f -a "skip" -d 'Leave a task out, and say why'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand tasks; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l step -d 'Only this step' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l profile -d 'Profile of the compromised account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l region -d 'Region of the instance' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l vault-profile -d 'Profile of the evidence account' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l vault-role-arn -d 'Role in the evidence account to assume' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l aws-timeout -d 'How long one call to AWS may take before it is tried again [default: 20]' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l dry-run -d 'Show what would be taken back, and change nothing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l yes -d 'Do not ask at the terminal'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand undo" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -l allowed-signers -d 'OpenSSH\'s list of who may sign; names the signers' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -l deep -d 'Also hash again what is registered in place'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand verify" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -f -a "check" -d 'Read Sigma YAML and gitleaks TOML, and say of each rule whether it loads'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and not __fish_seen_subcommand_from check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from check" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from check" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from check" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from check" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from check" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from check" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from help" -f -a "check" -d 'Read Sigma YAML and gitleaks TOML, and say of each rule whether it loads'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand rules; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -f -a "policy" -d 'Print the least policy as JSON'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and not __fish_seen_subcommand_from policy help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from policy" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from policy" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from policy" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from policy" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from policy" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from policy" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from policy" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from policy" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from policy" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from policy" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from help" -f -a "policy" -d 'Print the least policy as JSON'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand aws; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand schema" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand schema" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand schema" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand schema" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand schema" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand schema" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand schema" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand schema" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand schema" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand schema" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand completions" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand completions" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand completions" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand completions" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand completions" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand completions" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand completions" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand completions" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand completions" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand completions" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand man" -l case -d 'The case folder; else the nearest one upwards from here' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand man" -l format -d 'How data is written to standard output' -r -f -a "table\t''
json\t''
jsonl\t''
csv\t''
sarif\t''
gitleaks\t''
timesketch\t''
stix\t''
html\t''
md\t''
all\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand man" -s o -l output -d 'Write data to a new file instead of standard output' -r -F
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand man" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand man" -l fail-on -d 'Exit with 10 when a finding is at least this severe' -r
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand man" -s q -l quiet -d 'Only data, errors and questions'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand man" -s v -l verbose -d 'Say more; every cause of an error'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand man" -l no-progress -d 'Draw no progress bars'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand man" -s h -l help -d 'Print help'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand man" -s V -l version -d 'Print version'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "case" -d 'Begin, show or change a case'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "isolate" -d 'Cut instances off by swapping their security groups'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "release" -d 'Put back what `isolate` changed'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "collect" -d 'Bring evidence into the case'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "scan" -d 'Look for what was touched, left behind, and exposed'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "pivot" -d 'Everything linked to one indicator, hop by hop'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "timeline" -d 'What happened, in order'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "findings" -d 'List, show or dismiss findings'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "rotate" -d 'Work off the rotation list'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "report" -d 'Render the report'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "handover" -d 'Texts and a bundle for those who must be told'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "run" -d 'Run a playbook'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "playbook" -d 'Validate, show or list playbooks'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "approve" -d 'Agree, from another terminal, to a step that a run asks about'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "tasks" -d 'What playbooks leave to people, and what came of it'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "undo" -d 'Take a run back, last step first'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "verify" -d 'Check journal, evidence, findings and signatures'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "rules" -d 'Which Sigma or gitleaks rules load, and which not'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "aws" -d 'The IAM policy that a command or playbook needs'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "schema" -d 'JSON Schemas of inputs and outputs'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "completions" -d 'Completions for a shell'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "man" -d 'The manual page'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and not __fish_seen_subcommand_from case isolate release collect scan pivot timeline findings rotate report handover run playbook approve tasks undo verify rules aws schema completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from case" -f -a "new" -d 'Begin a case in a new folder'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from case" -f -a "show" -d 'What the case is about and what has been done'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from case" -f -a "set" -d 'Change title, window, suspects, contacts, …'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from case" -f -a "sign" -d 'Sign the journal as it stands now, and with it everything that it names'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from case" -f -a "custody" -d 'Hand the case to somebody else'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "instance" -d 'Facts of instances: interfaces, groups, routes, console, screenshot'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "volumes" -d 'Snapshots of all volumes, verified and locked'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "attach" -d 'Volumes of the snapshots at a forensic instance, and the commands that mount them read-only'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "cloudtrail" -d 'CloudTrail events and trail logs, their digests verified, and what is missing'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "traffic" -d 'VPC flow logs and load balancers\' access logs; what is not configured is named'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "credentials-use" -d 'What IAM says of access keys and the instance\'s roles: owner, last use'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "home" -d 'Logs, configuration, plugins of a home; repositories are registered in place'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "logs" -d 'Logs and audit logs of a home alone: what rotates away first'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "database" -d 'The product\'s tables of accounts, keys, grants, plugins and audit, read-only'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "rest" -d 'What an administrator may ask a running product: accounts, grants, tokens, plugins, audit'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "vault" -d 'Copy the evidence bag to S3 under Object Lock'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from collect" -f -a "all" -d 'All of it, in the order in which evidence is lost; what is missing is said'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from scan" -f -a "secrets" -d 'Credentials anywhere in repositories\' history, a home, or files'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from scan" -f -a "access" -d 'Which repositories, pages and tickets each actor touched'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from scan" -f -a "accounts" -d 'New, changed and privileged accounts, tokens and keys'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from scan" -f -a "plugins" -d 'Plugins that should not be there'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from scan" -f -a "config" -d 'Weak configuration, each with its fix'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from scan" -f -a "commits" -d 'Pushed commits that are unsigned, by another than the pusher, forced, or change what runs by itself'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from scan" -f -a "cloudtrail" -d 'Attacks and credential use in CloudTrail'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from scan" -f -a "all" -d 'All of it, on a home'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from findings" -f -a "list" -d 'All findings, the worst first'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from findings" -f -a "show" -d 'One finding with its reasons and evidence'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from findings" -f -a "dismiss" -d 'Say that a finding is none, and why'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from findings" -f -a "restore" -d 'Take a dismissal back'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from rotate" -f -a "list" -d 'What to rotate, first things first, and why'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from rotate" -f -a "done" -d 'Tick an item off'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from rotate" -f -a "reopen" -d 'Take a tick back: the credential is to be rotated after all'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from rotate" -f -a "status" -d 'How far it is'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from playbook" -f -a "validate" -d 'Check playbooks without the network, and run their own tests'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from playbook" -f -a "show" -d 'The steps of a playbook, or the text of one that comes with the program'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from playbook" -f -a "list" -d 'The playbooks that come with the program, and what steps can use'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from tasks" -f -a "list" -d 'What is left to people, by whom, since when'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from tasks" -f -a "done" -d 'Say what came of a task, and attach the evidence'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from tasks" -f -a "skip" -d 'Leave a task out, and say why'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from rules" -f -a "check" -d 'Read Sigma YAML and gitleaks TOML, and say of each rule whether it loads'
complete -c bbsec-ir -n "__fish_bbsec_ir_using_subcommand help; and __fish_seen_subcommand_from aws" -f -a "policy" -d 'Print the least policy as JSON'
