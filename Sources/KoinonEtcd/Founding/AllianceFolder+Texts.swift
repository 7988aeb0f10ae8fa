import KoinonProtocol

/// The files that others read: etcd, systemd and the shell.
extension AllianceFolder {
    /// etcd's own configuration file.
    func serverConfiguration(_ index: Int) -> String {
        let name = Self.serverName(index)
        let server = plan.servers[index]
        let cluster = plan.servers.enumerated()
            .map { "\(Self.serverName($0.offset))=https://\($0.element.peer)" }
            .joined(separator: ",")
        let security = """
              cert-file: etcd/certificates/\(name).pem
              key-file: etcd/certificates/\(name)-key.pem
              trusted-ca-file: etcd/certificates/ca.pem
              client-cert-auth: true
            """
        return """
            name: \(name)
            data-dir: etcd/data/\(name)
            listen-client-urls: https://\(server.client)
            advertise-client-urls: https://\(server.client)
            listen-peer-urls: https://\(server.peer)
            initial-advertise-peer-urls: https://\(server.peer)
            initial-cluster: \(cluster)
            initial-cluster-token: koinon-\(Hex.encode(genesis.chain.bytes.prefix(8)))
            client-transport-security:
            \(security)
            peer-transport-security:
            \(security)
            # Nodes read what is there now, never history: a few minutes of it are enough.
            auto-compaction-mode: periodic
            auto-compaction-retention: 5m
            quota-backend-bytes: 4294967296
            log-level: warn
            logger: zap
            log-outputs: [stderr]

            """
    }

    var etcdctl: String {
        let endpoints = plan.servers.map { "https://\($0.client)" }.joined(separator: ",")
        return """
            ETCDCTL_API=3 etcdctl --endpoints \(endpoints) \\
                --cacert etcd/certificates/ca.pem --cert etcd/certificates/root.pem \\
                --key etcd/certificates/root-key.pem
            """
    }

    var rolesScript: String {
        let commands = EtcdRoles.commands(chain: genesis.chain, members: plan.members)
            .map { "run \($0.joined(separator: " "))" }.joined(separator: "\n")
        return """
            #!/usr/bin/env bash
            # Gives each member its role in a new etcd: to read the whole order, and to write or
            # delete what it authored. To be run once, while a majority of the servers run.
            set -euo pipefail
            cd "$(dirname "$0")/.."
            # Patient with a slow disk: what has been done half cannot be done once more.
            run() {
                \(etcdctl.replacing("\n", with: "\n    ")) \\
                    --command-timeout 60s "$@" >/dev/null
            }
            \(commands)

            """
    }

    /// As whom servers and nodes run: nothing of theirs needs root.
    private static let unitUser = "koinon"

    func serverUnit(_ index: Int) -> String {
        let name = Self.serverName(index)
        return """
            [Unit]
            Description=etcd for \(plan.name): \(name)
            After=network-online.target
            Wants=network-online.target

            [Service]
            User=\(Self.unitUser)
            WorkingDirectory=\(folder.path)
            ExecStart=/usr/bin/etcd --config-file etcd/\(name).yaml
            Restart=always
            RestartSec=1
            LimitNOFILE=65536

            [Install]
            WantedBy=multi-user.target

            """
    }

    func nodeUnit(_ member: MemberID) -> String {
        """
        [Unit]
        Description=\(plan.name): the node of \(member)
        After=network-online.target
        Wants=network-online.target

        [Service]
        User=\(Self.unitUser)
        WorkingDirectory=\(folder.path)
        ExecStart=/usr/local/bin/koinon node --home members/\(member)
        Restart=on-failure
        RestartSec=1
        TimeoutStopSec=90
        LimitNOFILE=65536

        [Install]
        WantedBy=multi-user.target

        """
    }

    /// Everything on this machine.
    var startScript: String {
        let servers = plan.servers.indices.map(Self.serverName).joined(separator: " ")
        let members = plan.members.map(\.rawValue).joined(separator: " ")
        return """
            #!/usr/bin/env bash
            # Starts the alliance's etcd and nodes on this machine, and ends what it started when it is
            # ended, with Control-C for instance. Logs lie in logs/.
            set -euo pipefail
            cd "$(dirname "$0")"
            for program in etcd etcdctl koinon; do
                command -v "$program" >/dev/null || { echo "$program is not on the PATH; put it there" >&2; exit 1; }
            done
            mkdir -p logs
            # Held by all that is started here, for as long as any of it runs.
            exec 9<logs
            flock -n 9 || { echo "this alliance runs already; end that first, with Control-C where it was started" >&2; exit 1; }
            servers=()
            nodes=()

            # First the nodes, which finish what they have accepted, then what orders for them.
            finish() {
                trap - EXIT
                # What is stored outlives it.
                trap 'kill -KILL "${nodes[@]}" "${servers[@]}" 2>/dev/null || true' INT TERM
                # Where the terminal was closed nobody can be told, and that must not end this.
                echo "ending it; Control-C again does so at once" 2>/dev/null || true
                for group in nodes servers; do
                    declare -n pids=$group
                    for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
                    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
                done
            }
            trap finish EXIT
            trap 'exit 130' INT
            trap 'exit 143' TERM

            # Away from the terminal, whose Control-C would end all of them at once.
            for name in \(servers); do
                setsid etcd --config-file "etcd/$name.yaml" >>"logs/$name.log" 2>&1 &
                servers+=($!)
            done
            healthy() {
                \(etcdctl.replacing("\n", with: "\n    ")) endpoint health >/dev/null 2>&1
            }
            allRun() { for pid in "$@"; do kill -0 "$pid" 2>/dev/null || return 1; done; }
            echo "waiting for etcd"
            for _ in $(seq 150); do healthy && break; allRun "${servers[@]}" || break; sleep 0.2; done
            healthy || { echo "etcd does not answer; see logs/" >&2; exit 1; }
            if [ ! -e etcd/roles.given ]; then
                etcd/roles.sh
                touch etcd/roles.given
            fi

            members=(\(members))
            for name in "${members[@]}"; do
                rm -f "members/$name/node.url"
                setsid koinon node --home "members/$name" >>"logs/$name.log" 2>&1 &
                nodes+=($!)
            done
            for index in "${!members[@]}"; do
                name=${members[index]}
                for _ in $(seq 300); do
                    [ -e "members/$name/node.url" ] && break
                    allRun "${nodes[index]}" || break
                    sleep 0.2
                done
                [ -e "members/$name/node.url" ] || { echo "$name does not answer; see logs/$name.log" >&2; exit 1; }
                echo "$name answers at $(cat "members/$name/node.url")"
            done
            echo "the alliance runs; Control-C ends it"
            if [ $# -gt 0 ]; then "$@"; else wait; fi

            """
    }
}
