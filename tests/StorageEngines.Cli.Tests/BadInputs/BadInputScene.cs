using System.Diagnostics;
using System.Text.RegularExpressions;

namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>
/// What all bad inputs begin with: a tree <c>$W/data</c> and an image <c>$W/disk.img</c>, each with the snapshots <c>a</c> and <c>b</c> (the largest pack holds the file
/// <c>big</c> alone, which came after the tree's snapshot <c>first</c>), their differences
/// <c>$W/tree.btrfs</c>, <c>$W/tree.tar</c> and <c>$W/disk.rbd</c>, and the restored bases <c>$W/base</c> and <c>$W/base.img</c>.
/// </summary>
public sealed partial class BadInputScene : IDisposable
{
    private const string Prologue = """
        set -u
        se() { "$TOOL" "$@"; }
        unpriv() { if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$TOOL" "$@"; else "$TOOL" "$@"; fi; }
        info() { find "$STORAGE_ENGINES_STORE/volumes" -name "$(id_of "$1").info"; }
        id_of() { cat "$W/id-$1"; }
        big_pack() { ls -S "$STORAGE_ENGINES_STORE"/packs/* | head -n 1; }
        bytes() { sed 's/../\\x&/g' | xargs -0 printf; }
        newer_record() {
          local first; first=$(head -n 1 "$1"); tail -c +$((${#first} + 2)) "$1" >"$C/rest"
          printf '%s 3.0 %s\n' "${first%% *}" "$({ printf '%s 3.0 ' "${first%% *}"; cat "$C/rest"; } | sha256sum | head -c 64)" | cat - "$C/rest" >"$C/record"
          cp "$C/record" "$1"
        }
        newer_object() {
          printf '\x03' | dd of="$1" bs=1 seek=8 conv=notrunc status=none
          head -c 48 "$1" | sha256sum | head -c 32 | bytes | dd of="$1" bs=1 seek=48 conv=notrunc status=none
        }
        flip() { local byte; byte=$(od -An -tu1 -j "$2" -N 1 "$1"); printf "\\x$(printf %x $((byte ^ 0x5a)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

        """;

    private const string Make = """
        mkdir "$W/data" "$W/other" && chmod 755 "$W" || exit 1
        echo content >"$W/data/file"; echo other >"$W/other/file"
        head -c 200000 /dev/urandom >"$W/disk.img"; head -c 100000 /dev/urandom >"$W/data/whole"
        se snapshot create "$W/data@first" || exit 1
        head -c 300000 /dev/urandom >"$W/data/big"
        se snapshot create "$W/data@a" && se snapshot create "$W/disk.img@a" && se snapshot create "$W/other@a" || exit 1
        echo more >>"$W/data/file"; echo new >"$W/data/new"; printf changed | dd of="$W/disk.img" bs=1 seek=100000 conv=notrunc status=none
        se snapshot create "$W/data@b" && se snapshot create "$W/disk.img@b" || exit 1
        for s in a b; do se snapshot list "$W/data" --prefix $s | tail -n 1 | sed 's/.* //' | tr -d '\n' >"$W/id-$s"; done
        se export "$W/data@b" --base @a -o "$W/tree.btrfs" && se export "$W/data@b" --base @a --format tar -o "$W/tree.tar" || exit 1
        chmod -R a+rX "$W"
        se export "$W/disk.img@b" --base @a -o "$W/disk.rbd" && se restore "$W/data@a" "$W/base" && se restore "$W/disk.img@a" "$W/base.img" || exit 1
        chmod -R a+rwX "$W/state"
        """;

    private readonly CliProcess _cli = new();
    private int _cases;

    public BadInputScene()
    {
        CliResult made = Bash(Make, _cli.Store, _cli.Directory);
        made.Expect(0);
    }

    /// <summary>Runs one.</summary>
    internal CliResult Run(BadInput input)
    {
        string own = Directory.CreateDirectory(_cli.At($"case{Interlocked.Increment(ref _cases)}")).FullName;
        string store = Path.Combine(own, "store");
        try
        {
            Bash("chmod 777 \"$C\"; cp -a \"$W/store\" \"$C/store\"; " + input.Before, store, own).Expect(0);
            CliResult result = Bash(FirstWord().IsMatch(input.Command) ? input.Command : "se " + input.Command, store, own);
            if (input.After.Length > 0)
            {
                CliResult after = Bash(input.After, store, own);
                Assert.True(after.ExitCode == 0, $"afterwards this does not hold: {input.After}\n{after.Output}{after.Error}\nit said: {result.Error}");
            }

            return result with { Error = Shorten(result.Error, own) };
        }
        finally
        {
            Bash(input.Finally, store, own).Expect(0);
        }
    }

    public void Dispose() => _cli.Dispose();

    private CliResult Bash(string script, string store, string own)
    {
        var start = new ProcessStartInfo("bash", ["-c", Prologue + script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = own,
        };
        foreach ((string name, string value) in new[]
        {
            ("TOOL", BuildPaths.Tool), ("W", _cli.Directory), ("C", own), ("STORAGE_ENGINES_STORE", store), ("XDG_STATE_HOME", _cli.At("state")), ("TMPDIR", _cli.Temporary),
            ("HOME", own), ("LC_ALL", "C.UTF-8"),
        })
        {
            start.Environment[name] = value;
        }

        start.Environment.Remove("STORAGE_ENGINES_PLUGINS");
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return CliProcess.EndAsync(process).GetAwaiter().GetResult();
    }

    private string Shorten(string text, string own)
    {
        text = text.Replace(own, "/mnt", StringComparison.Ordinal).Replace(_cli.Directory, "/srv", StringComparison.Ordinal);
        text = DemoName().Replace(Checksum().Replace(Holder().Replace(text, "process N on HOST"), "checksum is N, its bytes give N"), "storage-engines-demo-N");
        text = Lost().Replace(text, "N B could");
        text = Uuid().Replace(Hash().Replace(Id().Replace(Time().Replace(text, "TIME"), "ID"), "HASH"), "UUID");
        return Letters().Replace(Offsets().Replace(text, "byte N"), "$1…");
    }

    [GeneratedRegex("^(se|unpriv|[a-z]+ .*\\|| *\\(|printf|set|timeout|exec|bash|cd|STORAGE_|for) ?")]
    private static partial Regex FirstWord();

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z")]
    private static partial Regex Time();

    [GeneratedRegex("(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")]
    private static partial Regex Id();

    [GeneratedRegex("(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")]
    private static partial Regex Hash();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex("storage-engines-demo-[0-9a-f]{8}")]
    private static partial Regex DemoName();

    [GeneratedRegex("checksum is [0-9a-f]+, its bytes give [0-9a-f]+")]
    private static partial Regex Checksum();

    [GeneratedRegex("process [0-9]+ on [^ ]+")]
    private static partial Regex Holder();

    [GeneratedRegex("[0-9,]+ B \\([^)]*\\) could")]
    private static partial Regex Lost();

    [GeneratedRegex("byte [0-9]+")]
    private static partial Regex Offsets();

    [GeneratedRegex("(yyyyyyyyyy|zzzzzzzzzz)[yz/]+")]
    private static partial Regex Letters();
}
