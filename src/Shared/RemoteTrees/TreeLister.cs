using System.Runtime.CompilerServices;
using StorageEngines.RemoteShells;

namespace StorageEngines.RemoteTrees;

/// <summary>
/// Lists the files of a snapshot of another host: one command walks and sorts there, and every 500 entries one more question tells of attributes and devices. Memory does not grow with the tree.
/// </summary>
/// <param name="tree">The snapshot. One caller at a time.</param>
internal sealed class TreeLister(RemoteTree tree)
{
    private const int Page = 500;

    /// <summary>Lists entries, a directory before what is below it.</summary>
    /// <param name="under">Where to begin; empty for the root.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <remarks>Implements: find(1) with <c>-printf</c>, sort(1), getfattr(1), stat(1).</remarks>
    internal async IAsyncEnumerable<TreeEntry> ListAsync(BytePath under, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await Task.Run(() => Get(under), cancellationToken).ConfigureAwait(false) is not { } first)
        {
            yield break;
        }

        if (first.Type != TreeEntryType.Directory)
        {
            yield return first;
            yield break;
        }

        // The exit code of a pipe is that of its last command; that of find comes by descriptor 4.
        Script script = new Script().Text("exec 5>&1\nr=$( { { find").Word(RemoteTree.Dotted(under)).Text($" -xdev -printf '{FindRecord.Format}'; printf %s $? >&4; }} | sed -z '{FindRecord.Sortable}' | sort -z >&5; }} 4>&1 )\n")
            .Text("[ \"$r\" = 0 ] && exit 0\nexit 1");
        ICommandExecution execution = await tree.Root.Shell.StartStreamAsync(tree.Root.Command(script, "list files"), cancellationToken).ConfigureAwait(false);
        try
        {
            var page = new List<TreeEntry>(Page);
            await foreach (byte[] record in NulRecords.ReadAsync(execution.StandardOutput, "the output of 'find'", tree.Root.Engine, cancellationToken).ConfigureAwait(false))
            {
                TreeEntry entry = FindRecord.Parse(FindRecord.Unsort(record), under, tree.Root.Engine);
                if (!tree.IsStub(entry.Type, entry.FileId))
                {
                    page.Add(entry);
                }

                if (page.Count == Page)
                {
                    foreach (TreeEntry each in await Task.Run(() => Complete(page), cancellationToken).ConfigureAwait(false))
                    {
                        yield return each;
                    }

                    page.Clear();
                }
            }

            await EndAsync(execution).ConfigureAwait(false);
            foreach (TreeEntry each in await Task.Run(() => Complete(page), cancellationToken).ConfigureAwait(false))
            {
                yield return each;
            }
        }
        finally
        {
            await execution.DisposeAsync().ConfigureAwait(false);
            tree.Root.Shell.EndStream();
        }
    }

    // A snapshot that was deleted in mid-walk lets find fail.
    private async Task EndAsync(ICommandExecution execution)
    {
        try
        {
            tree.Root.Check(await execution.Completion.ConfigureAwait(false));
        }
        catch (StorageCommandException e) when (e.ExitCode is not null)
        {
            await Task.Run(() => tree.Ask(new Script().Text(":"))).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Gets one entry; null if there is none.</summary>
    /// <remarks>Implements: find(1) with <c>-printf</c>, getfattr(1), stat(1).</remarks>
    internal TreeEntry? Get(BytePath path)
    {
        if (!path.IsSafeRelative)
        {
            throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.UnsafePath, Recovery.FixRequest, $"'{path}' is no path below the volume's root; give it relative to the root, without '..'.")
            { Engine = tree.Root.Engine };
        }

        Script script = new Script().Text("printf '%s\\0' \"$PWD\"; realpath -zm --").Word(RemoteTree.Dotted(path.Parent)).Text("\nfind").Word(RemoteTree.Dotted(path))
            .Text($" -maxdepth 0 -printf '{FindRecord.Format}' 2>/dev/null; printf '\\0'");
        Fields fields = tree.Answer(script, "an entry of a snapshot");
        byte[] root = fields.Next().ToArray(), parent = fields.Next().ToArray();
        ReadOnlyMemory<byte> record = fields.Next();
        byte[] expected = path.Parent.IsRoot ? root : [.. root, (byte)'/', .. path.Parent.Span];
        return record.IsEmpty || !parent.AsSpan().SequenceEqual(expected) || FindRecord.Parse(record.Span, path, tree.Root.Engine) is not { } entry || tree.IsStub(entry.Type, entry.FileId)
            ? null : Complete([entry])[0];
    }

    /// <summary>Adds what find does not tell: attributes, and the numbers of devices.</summary>
    internal List<TreeEntry> Complete(List<TreeEntry> entries)
    {
        if (entries.Count == 0)
        {
            return entries;
        }

        List<TreeEntry> devices = entries.FindAll(each => each.Type is TreeEntryType.BlockDevice or TreeEntryType.CharacterDevice);
        Script script = new Script().Text("command -v getfattr >/dev/null || exit 127\ngetfattr -h -d -m - -e hex --");
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
                $"'getfattr', which tells extended attributes and access lists, is missing on {tree.Root.Shell.Runner.Host}; install the package attr.") { Host = tree.Root.Shell.Runner.Host, Engine = tree.Root.Engine };
        }

        var fields = new Fields(reply.Output, "attributes of files", tree.Root.Engine);
        Dictionary<BytePath, IReadOnlyList<ExtendedAttribute>> attributes = AttributeDump.Parse(fields.Next().Span, tree.Root.Engine);
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
}
