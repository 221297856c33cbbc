using System.Globalization;
using StorageEngines.RemoteShells;
using StorageEngines.RemoteTrees;

namespace StorageEngines.Zfs.Differences;

/// <summary>Asks for the names of a snapshot. Calls block.</summary>
/// <param name="tree">The snapshot.</param>
/// <param name="rootNumber">The number of the root directory's object in the stream; null if it is not known.</param>
/// <param name="cancellationToken">Gives up.</param>
/// <remarks>Implements: find(1), getfattr(1), stat(1).</remarks>
internal sealed class TreeQuestions(RemoteTree tree, ulong? rootNumber, CancellationToken cancellationToken)
{
    private const int MostPaths = 1000;
    private const int MostPathBytes = 256 << 10;
    private const int MostNumbers = 500;
    private const string Source = "the output of 'find'";

    /// <summary>Looks up paths.</summary>
    /// <returns>What is there; nothing for what is not.</returns>
    internal IEnumerable<TreeEntry> Find(IEnumerable<BytePath> paths) => Ask(paths, "0");

    /// <summary>Lists directories: each with what is in it, and first itself.</summary>
    internal IEnumerable<TreeEntry> List(IEnumerable<BytePath> directories) => Ask(directories, "1");

    /// <summary>Finds all names of objects, for which the whole tree is walked on the host.</summary>
    internal async Task<List<TreeEntry>> WalkAsync(IReadOnlySet<ulong> numbers)
    {
        Script script = new Script().Text("find . -xdev");
        if (numbers.Count <= MostNumbers)
        {
            script.Text(" \\( " + string.Join(" -o ", numbers.Select(number => string.Create(CultureInfo.InvariantCulture, $"-inum {number}"))) + " \\)");
        }

        script.Text($" -printf '{FindRecord.WholeFormat}'");
        ICommandExecution execution = await tree.Root.Shell.StartStreamAsync(tree.Root.Command(script, "find changed files"), cancellationToken).ConfigureAwait(false);
        try
        {
            var found = new List<TreeEntry>();
            await foreach (byte[] record in NulRecords.ReadAsync(execution.StandardOutput, Source, tree.Root.Engine, cancellationToken).ConfigureAwait(false))
            {
                if (Parse(record) is var entry && numbers.Contains(entry.FileId))
                {
                    found.Add(entry);
                }
            }

            tree.Root.Check(await execution.Completion.ConfigureAwait(false));
            return found;
        }
        finally
        {
            await execution.DisposeAsync().ConfigureAwait(false);
            tree.Root.Shell.EndStream();
        }
    }

    /// <summary>Adds what find does not tell: attributes, numbers of devices, and when each was made.</summary>
    /// <returns>The entries, and their births; those are null where the file system does not tell.</returns>
    internal Dictionary<ulong, (TreeEntry Entry, string? Born)> Complete(IEnumerable<TreeEntry> entries)
    {
        var complete = new Dictionary<ulong, (TreeEntry, string?)>();
        var lister = new TreeLister(tree);
        foreach (TreeEntry[] some in entries.Chunk(MostNumbers))
        {
            Dictionary<BytePath, string> births = Births(some);
            foreach (TreeEntry each in lister.Complete([.. some]))
            {
                complete[each.FileId] = (each, births.GetValueOrDefault(each.Path));
            }
        }

        return complete;
    }

    private Dictionary<BytePath, string> Births(TreeEntry[] entries)
    {
        Script script = new Script().Text("stat --printf '%n\\0%.9W\\0' --");
        Array.ForEach(entries, each => script.Word(RemoteTree.Dotted(each.Path)));
        Fields fields = tree.Answer(script, "when files were made");
        var births = new Dictionary<BytePath, string>();
        while (!fields.IsAtEnd)
        {
            BytePath path = RemoteTree.Undotted(fields.Next());
            string born = fields.Text();
            if (born.Length > 0 && born[0] is >= '1' and <= '9') // else it is not known
            {
                births[path] = born;
            }
        }

        return births;
    }

    private IEnumerable<TreeEntry> Ask(IEnumerable<BytePath> paths, string depth)
    {
        foreach (List<BytePath> some in Batches(paths))
        {
            Script script = new Script().Text("find");
            some.ForEach(path => script.Word(RemoteTree.Dotted(path)));
            script.Text($" -maxdepth {depth} -printf '{FindRecord.WholeFormat}' 2>/dev/null; :");
            Fields fields = tree.Answer(script, Source);
            while (!fields.IsAtEnd)
            {
                yield return Parse(fields.Next().Span);
            }
        }
    }

    private static IEnumerable<List<BytePath>> Batches(IEnumerable<BytePath> paths)
    {
        var batch = new List<BytePath>();
        int bytes = 0;
        foreach (BytePath path in paths)
        {
            if (batch.Count == MostPaths || bytes > MostPathBytes)
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }

            batch.Add(path);
            bytes += path.Length;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    private TreeEntry Parse(ReadOnlySpan<byte> record)
    {
        TreeEntry entry = FindRecord.Parse(record, default, tree.Root.Engine);
        BytePath path = RemoteTree.Undotted(entry.Path.Bytes);
        return entry with { Path = path, FileId = path.IsRoot || entry.FileId == rootNumber ? TreeSide.Root : entry.FileId };
    }
}
