using System.Runtime.CompilerServices;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.RemoteShells;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>
/// Lists the files of a snapshot of another host: one command walks and sorts there, and every 500 entries one more question tells of attributes and devices. Memory does not grow with the tree.
/// </summary>
/// <param name="shell">Asks the host.</param>
/// <param name="catalog">Finds snapshots.</param>
internal sealed class RemoteTreeReader(RemoteShell shell, SnapshotCatalog catalog) : ITreeReader
{
    private const int Page = 500;

    /// <inheritdoc/>
    /// <remarks>Implements: find(1) with <c>-printf</c>, sort(1), getfattr(1), stat(1).</remarks>
    public async IAsyncEnumerable<TreeEntry> ListAsync(
        SnapshotRef snapshot, BytePath under = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RemoteTree tree = await OpenAsync(snapshot, cancellationToken).ConfigureAwait(false);
        if (await Task.Run(() => Get(tree, under), cancellationToken).ConfigureAwait(false) is not { } first)
        {
            yield break;
        }

        if (first.Type != TreeEntryType.Directory)
        {
            yield return first;
            yield break;
        }

        // The exit code of a pipe is that of its last command; that of find comes by descriptor 4.
        Script script = tree.Inside().Text("exec 5>&1\nr=$( { { find").Word(RemoteTree.Dotted(under)).Text($" -xdev -printf '{FindRecord.Format}'; printf %s $? >&4; }} | sed -z '{FindRecord.Sortable}' | sort -z >&5; }} 4>&1 )\n")
            .Text("[ \"$r\" = 0 ] && exit 0\n");
        byte[] whole = [.. System.Text.Encoding.ASCII.GetBytes(ShellFunctions.Setup.Text), .. script.Bytes, .. tree.Inside().Text("exit 1").Bytes];
        var request = new CommandRequest("sh", ["-c", new CommandArgument(whole)]) { Operation = "list files", SuccessExitCodes = [0, 3] };
        ICommandExecution execution = await shell.StartStreamAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            var page = new List<TreeEntry>(Page);
            await foreach (byte[] record in RecordsAsync(execution.StandardOutput, cancellationToken).ConfigureAwait(false))
            {
                if (FindRecord.Parse(FindRecord.Unsort(record), under) is { } entry)
                {
                    page.Add(entry);
                }

                if (page.Count == Page)
                {
                    foreach (TreeEntry each in await Task.Run(() => Complete(tree, page), cancellationToken).ConfigureAwait(false))
                    {
                        yield return each;
                    }

                    page.Clear();
                }
            }

            if ((await execution.Completion.ConfigureAwait(false)).ExitCode == 3)
            {
                throw SnapshotCatalog.Missing(snapshot);
            }

            foreach (TreeEntry each in await Task.Run(() => Complete(tree, page), cancellationToken).ConfigureAwait(false))
            {
                yield return each;
            }
        }
        finally
        {
            await execution.DisposeAsync().ConfigureAwait(false);
            shell.EndStream();
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: find(1) with <c>-printf</c>, getfattr(1), stat(1).</remarks>
    public async ValueTask<TreeEntry?> GetAsync(SnapshotRef snapshot, BytePath path, CancellationToken cancellationToken = default)
    {
        RemoteTree tree = await OpenAsync(snapshot, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => Get(tree, path), cancellationToken).ConfigureAwait(false);
    }

    private Task<SnapshotEntry> EntryAsync(SnapshotRef snapshot, CancellationToken cancellationToken) => Task.Run(() => catalog.Require(snapshot, cancellationToken), cancellationToken);

    private async Task<RemoteTree> OpenAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
        => new(shell, await EntryAsync(snapshot, cancellationToken).ConfigureAwait(false), () => SnapshotCatalog.Missing(snapshot), cancellationToken);

    private TreeEntry? Get(RemoteTree tree, BytePath path)
    {
        if (!path.IsSafeRelative)
        {
            throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.UnsafePath, Recovery.FixRequest, $"'{path}' is no path below the volume's root; give it relative to the root, without '..'.")
            { Engine = BtrfsEngineFactory.SchemeName };
        }

        Script script = tree.Inside().Text("printf '%s\\0' \"$PWD\"; realpath -zm --").Word(RemoteTree.Dotted(path.Parent)).Text("\nfind").Word(RemoteTree.Dotted(path))
            .Text($" -maxdepth 0 -printf '{FindRecord.Format}' 2>/dev/null; printf '\\0'");
        var fields = new Fields(tree.Ask(script).Output, "an entry of a snapshot", BtrfsEngineFactory.SchemeName);
        byte[] root = fields.Next().ToArray(), parent = fields.Next().ToArray();
        ReadOnlyMemory<byte> record = fields.Next();
        byte[] expected = path.Parent.IsRoot ? root : [.. root, (byte)'/', .. path.Parent.Span];
        return record.IsEmpty || !parent.AsSpan().SequenceEqual(expected) || FindRecord.Parse(record.Span, path) is not { } entry ? null : Complete(tree, [entry])[0];
    }

    // What find does not tell.
    private List<TreeEntry> Complete(RemoteTree tree, List<TreeEntry> entries)
    {
        if (entries.Count == 0)
        {
            return entries;
        }

        List<TreeEntry> devices = entries.FindAll(each => each.Type is TreeEntryType.BlockDevice or TreeEntryType.CharacterDevice);
        Script script = tree.Inside().Text("command -v getfattr >/dev/null || exit 127\ngetfattr -h -d -m - -e hex --");
        entries.ForEach(each => script.Word(RemoteTree.Dotted(each.Path)));
        script.Text(" 2>/dev/null; printf '\\0'");
        if (devices.Count > 0)
        {
            script.Text("; stat --printf '%t %T\\0' --");
            devices.ForEach(each => script.Word(RemoteTree.Dotted(each.Path)));
        }

        ShellReply reply = tree.Ask(script);
        if (reply.Exit == 127)
        {
            throw new StorageCommandException(EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
                $"'getfattr', which tells extended attributes and access lists, is missing on {shell.Runner.Host}; install the package attr.") { Host = shell.Runner.Host, Engine = BtrfsEngineFactory.SchemeName };
        }

        var fields = new Fields(reply.Output, "attributes of files", BtrfsEngineFactory.SchemeName);
        Dictionary<BytePath, IReadOnlyList<ExtendedAttribute>> attributes = AttributeDump.Parse(fields.Next().Span);
        Dictionary<BytePath, uint[]> numbers = devices.ToDictionary(each => each.Path, _ => Device(fields));
        return entries.ConvertAll(each => each with
        {
            Attributes = attributes.GetValueOrDefault(each.Path) ?? [],
            DeviceMajor = numbers.GetValueOrDefault(each.Path)?[0] ?? 0,
            DeviceMinor = numbers.GetValueOrDefault(each.Path)?[1] ?? 0,
        });
    }

    private static uint[] Device(Fields fields)
    {
        string[] numbers = fields.Text().Split(' ');
        return numbers.Length == 2 && uint.TryParse(numbers[0], System.Globalization.NumberStyles.AllowHexSpecifier, null, out uint major)
            && uint.TryParse(numbers[1], System.Globalization.NumberStyles.AllowHexSpecifier, null, out uint minor)
            ? [major, minor] : throw fields.Damaged("a device has no numbers");
    }

    private static async IAsyncEnumerable<byte[]> RecordsAsync(Stream output, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const int LongestRecord = 64 << 10; // a path, and where a link leads, are at most 4096 bytes each
        byte[] buffer = new byte[2 * LongestRecord];
        int filled = 0;
        int count;
        while ((count = await output.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false)) > 0)
        {
            filled += count;
            int start = 0;
            for (int end; (end = Array.IndexOf(buffer, (byte)0, start, filled - start)) >= 0; start = end + 1)
            {
                yield return buffer[start..end];
            }

            Buffer.BlockCopy(buffer, start, buffer, 0, filled - start);
            filled -= start;
            if (filled > LongestRecord)
            {
                throw new CorruptDataException("the output of 'find'", null, $"a record is longer than {LongestRecord} bytes") { Engine = BtrfsEngineFactory.SchemeName };
            }
        }
    }
}
