namespace StorageEngines.Zfs.Differences;

/// <summary>
/// Finds the names, in both snapshots, of all files and directories that changed, and all entries of the directories that did. Why that is complete: a name comes, goes or moves only by a change
/// of the directory that it is in. So a changed file that has no name in a directory that changed has the same name in the same directory in both.
/// </summary>
/// <param name="changed">The objects that changed, without those that have no name.</param>
/// <param name="isFreed">Whether the target has nothing under a number.</param>
/// <param name="inBase">Asks the base.</param>
/// <param name="inTarget">Asks the target.</param>
internal sealed class PairNames(IReadOnlyDictionary<ulong, ChangedObject> changed, Func<ulong, bool> isFreed, TreeQuestions inBase, TreeQuestions inTarget)
{
    /// <summary>The names in the base.</summary>
    internal TreeSide Base { get; } = new();

    /// <summary>The names in the target.</summary>
    internal TreeSide Target { get; } = new();

    /// <summary>The base's names of files whose directories did not change, and the target's names that are the same ones.</summary>
    internal Dictionary<BytePath, BytePath> Same { get; } = [];

    /// <summary>Whether the target had to be walked.</summary>
    internal bool Walked { get; private set; }

    /// <summary>Finds all of them.</summary>
    /// <param name="hintsInBase">Paths of directories of the base that may have changed or gone; anything.</param>
    /// <param name="hintsInTarget">Entries of the target that may have changed; any.</param>
    internal async Task FindAsync(IReadOnlyCollection<BytePath> hintsInBase, IReadOnlyCollection<TreeEntry> hintsInTarget)
    {
        Take(Target, hintsInTarget.Where(entry => IsChanged(entry.FileId)));
        ListChanged(Target, inTarget, IsChangedDirectory, [default]);
        HashSet<ulong> missing = [.. changed.Values.Where(IsMissing).Select(each => each.Number)];
        if (missing.Count > 0)
        {
            Walked = true;
            Take(Target, await inTarget.WalkAsync(missing).ConfigureAwait(false));
            ListChanged(Target, inTarget, IsChangedDirectory, []);
        }

        ListChanged(Base, inBase, IsChangedOrGone, [default]);
        ListChanged(Base, inBase, IsChangedOrGone, [.. inBase.Find(hintsInBase).Where(IsChangedOrGone).Select(entry => entry.Path)]);
        while (FollowDirectories())
        {
            ListChanged(Base, inBase, IsChangedOrGone, []);
        }

        FollowFiles();
    }

    /// <summary>Where a path of the target was in the base, if nothing below the nearest directory that changed was moved; null if that directory is new.</summary>
    internal BytePath? BasePathOf(BytePath path)
    {
        BytePath above = path.Parent;
        while (!Target.Listed.Contains(above))
        {
            above = above.Parent;
        }

        return Base.Names(Target.Entries[above].FileId) is [var old, ..]
            ? old.Append(new BytePath(path.Bytes[(above.IsRoot ? 0 : above.Length + 1)..])) : null;
    }

    private static void Take(TreeSide side, IEnumerable<TreeEntry> entries)
    {
        foreach (TreeEntry entry in entries)
        {
            side.Add(entry);
        }
    }

    private bool IsChanged(ulong number) => number == TreeSide.Root || changed.ContainsKey(number);

    private bool IsChangedDirectory(TreeEntry entry) => entry.Type == TreeEntryType.Directory && IsChanged(entry.FileId);

    private bool IsChangedOrGone(TreeEntry entry) => entry.Type == TreeEntryType.Directory && (IsChanged(entry.FileId) || isFreed(entry.FileId));

    private bool IsMissing(ChangedObject it)
    {
        int known = Target.Names(it.Number).Count;
        return known == 0 || (!it.IsDirectory && Target.Entry(it.Number)!.LinkCount > known);
    }

    private static void ListChanged(TreeSide side, TreeQuestions questions, Func<TreeEntry, bool> isWanted, List<BytePath> first)
    {
        List<BytePath> next = first;
        while (true)
        {
            next = [.. next.Concat(side.Entries.Values.Where(isWanted).Select(entry => entry.Path)).Where(path => !side.Listed.Contains(path)).Distinct()];
            if (next.Count == 0)
            {
                return;
            }

            HashSet<BytePath> asked = [.. next];
            foreach (TreeEntry entry in questions.List(next))
            {
                side.Add(entry);
            }

            // What is no directory any more cannot be: snapshots do not change.
            side.Listed.UnionWith(asked.Where(path => side.Entries.TryGetValue(path, out TreeEntry? entry) && entry.Type == TreeEntryType.Directory));
            next = [];
        }
    }

    // Directories that changed, in directories that did not.
    private bool FollowDirectories()
    {
        var expected = new Dictionary<BytePath, ulong>();
        foreach (BytePath path in Target.Listed.Where(path => !path.IsRoot && !Target.Listed.Contains(path.Parent)))
        {
            if (Base.Names(Target.Entries[path].FileId).Count == 0 && BasePathOf(path) is { } old && !Base.Entries.ContainsKey(old))
            {
                expected[old] = Target.Entries[path].FileId;
            }
        }

        List<TreeEntry> found = expected.Count == 0 ? [] : [.. inBase.Find(expected.Keys).Where(entry => entry.FileId == expected[entry.Path])];
        Take(Base, found);
        return found.Count > 0;
    }

    private void FollowFiles()
    {
        var expected = new Dictionary<BytePath, TreeEntry>();
        foreach (TreeEntry entry in Target.Entries.Values.Where(entry => !entry.Path.IsRoot && !Target.Listed.Contains(entry.Path.Parent)))
        {
            if (BasePathOf(entry.Path) is { } old)
            {
                expected[old] = entry;
            }
        }

        foreach (TreeEntry entry in inBase.Find(expected.Keys.Where(path => !Base.Entries.ContainsKey(path))).Concat(expected.Keys.Select(Base.Entries.GetValueOrDefault).OfType<TreeEntry>()).ToList())
        {
            if (expected.TryGetValue(entry.Path, out TreeEntry? now) && now.FileId == entry.FileId)
            {
                Base.Add(entry);
                Same[entry.Path] = now.Path;
            }
        }
    }
}
