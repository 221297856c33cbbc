namespace StorageEngines.Zfs.Differences;

/// <summary>Compares two snapshots by the objects that a stream names. One use.</summary>
internal sealed class TreeComparison
{
    // How long before a snapshot was cut a file may have been changed, so that the same time stands for a change after it: clocks tick every few milliseconds, and a snapshot waits to be written.
    private const int LatestSeconds = 600;

    private readonly ChangedObjects _objects;
    private readonly DiffHints? _hints;
    private readonly long _changedSince;
    private readonly int _mostExtents;
    private readonly TreeQuestions _inBase;
    private readonly TreeQuestions _inTarget;
    private readonly Dictionary<ulong, ObjectDifference> _differences = [];
    private PairNames? _names;
    private IReadOnlyCollection<PathChange> _changes = [];

    /// <summary>Makes one.</summary>
    /// <param name="objects">What the stream names.</param>
    /// <param name="hints">Where to look; null if nobody says.</param>
    /// <param name="baseCreatedAt">When the base was cut.</param>
    /// <param name="mostExtents">The most extents of a file.</param>
    /// <param name="inBase">Makes who asks the base, given the number of the root directory.</param>
    /// <param name="inTarget">The same for the target.</param>
    internal TreeComparison(
        ChangedObjects objects, DiffHints? hints, DateTimeOffset baseCreatedAt, int mostExtents, Func<ulong?, TreeQuestions> inBase, Func<ulong?, TreeQuestions> inTarget)
    {
        (_objects, _hints, _mostExtents) = (objects, hints, mostExtents);
        _changedSince = baseCreatedAt.ToUnixTimeSeconds() - LatestSeconds;
        ulong? root = objects.All.FirstOrDefault(each => each.IsRoot)?.Number;
        (_inBase, _inTarget) = (inBase(root), inTarget(root));
    }

    /// <summary>Compares.</summary>
    internal async Task CompareAsync()
    {
        // What zfs diff names did change, whatever the clock says.
        List<TreeEntry> hinted = _hints is null ? [] : [.. _inTarget.Find(_hints.InTarget)];
        HashSet<ulong> named = [.. hinted.Select(entry => entry.FileId)];
        Dictionary<ulong, ChangedObject> changed = _objects.All.Where(each => !each.IsRoot && !each.IsInvisible && (MayHaveChanged(each) || named.Contains(each.Number))).ToDictionary(each => each.Number);
        _names = new PairNames(changed, _objects.IsFreed, _inBase, _inTarget);
        await _names.FindAsync(_hints?.InBase ?? [], hinted).ConfigureAwait(false);
        CompareObjects([.. changed.Keys.Append(TreeSide.Root).Where(number => _names.Base.Names(number).Count > 0 && _names.Target.Names(number).Count > 0)]);
        CompleteDevices(_names.Base, _inBase);
        CompleteDevices(_names.Target, _inTarget);
        _changes = new ChangeBuilder(_names, _differences, paths => [.. _inTarget.Find(paths)]).Build();
    }

    /// <summary>The changes.</summary>
    /// <param name="under">Only those at or below this path in either snapshot.</param>
    internal IEnumerable<FileChange> Changes(BytePath under)
    {
        foreach (PathChange change in _changes)
        {
            if (change.Path.IsAtOrBelow(under) || (change.OldPath is { } old && old.IsAtOrBelow(under)))
            {
                yield return new FileChange(change.Kind, change.Path) { OldPath = change.OldPath, Extents = Extents(change) };
            }
        }
    }

    private bool MayHaveChanged(ChangedObject it) => _hints is null || it.IsWritten || it.Node is not { } node || node.ChangedSeconds >= _changedSince;

    private void CompareObjects(List<ulong> both)
    {
        Dictionary<ulong, (TreeEntry Entry, string? Born)> before = _inBase.Complete(both.Select(number => _names!.Base.Entry(number)!));
        Dictionary<ulong, (TreeEntry Entry, string? Born)> after = _inTarget.Complete(both.Select(number => _names!.Target.Entry(number)!));

        // Where births are not known, zfs diff still tells which numbers were used again.
        HashSet<ulong> again = [.. (_hints?.Gone ?? []).Select(_names!.Base.Entries.GetValueOrDefault).OfType<TreeEntry>().Select(entry => entry.FileId)];
        foreach (ulong number in both)
        {
            (TreeEntry old, string? wasBorn) = before[number];
            (TreeEntry now, string? born) = after[number];
            if ((wasBorn is null || born is null) && _hints is not null)
            {
                (wasBorn, born) = ("before", again.Contains(number) ? "after" : "before");
            }

            bool isRoot = number == TreeSide.Root;
            _differences[number] = ObjectDifference.Compare((old, isRoot ? null : wasBorn), (now, isRoot ? null : born), _objects.Find(number), _mostExtents);
        }
    }

    // Which device it is, is all there is to one.
    private static void CompleteDevices(TreeSide side, TreeQuestions questions)
    {
        List<TreeEntry> devices = [.. side.Entries.Values.Where(entry => entry.Type is TreeEntryType.BlockDevice or TreeEntryType.CharacterDevice)];
        if (devices.Count == 0)
        {
            return;
        }

        Dictionary<ulong, (TreeEntry Entry, string? Born)> complete = questions.Complete(devices);
        foreach (TreeEntry device in devices)
        {
            side.Add(device with { DeviceMajor = complete[device.FileId].Entry.DeviceMajor, DeviceMinor = complete[device.FileId].Entry.DeviceMinor });
        }
    }

    private IReadOnlyList<Extent>? Extents(PathChange change)
    {
        if ((change.Kind & (FileChangeKind.Added | FileChangeKind.Content)) == 0 || _names!.Target.Entries[change.Path] is not { Type: TreeEntryType.File } file)
        {
            return null;
        }

        return !change.Kind.HasFlag(FileChangeKind.Added) ? _differences[change.Number].Extents
            : change.IsNewObject && _objects.Find(change.Number) is { } made ? made.Extents(0, file.SizeBytes, _mostExtents)
            : _mostExtents > 0 || file.SizeBytes == 0 ? ObjectDifference.Whole(file.SizeBytes) : null;
    }
}
