namespace StorageEngines.Btrfs.Changes;

/// <summary>What became of the names of the base: which are gone, and where what is gone has to be told together with what came to its path.</summary>
internal sealed class BaseSide(ReceiverTree tree, IBaseTree? known)
{
    /// <summary>The entry that the base has under the path of a target's entry and that is gone; it then counts as listed.</summary>
    /// <returns>The entry, or -1 if there is none.</returns>
    internal int TakeGoneAt(int name, BytePath path)
        => tree.Names[name].Directory >= 0 && tree.IsRelocated(tree.Names[name].Directory) ? TakeGoneAt(path) : Take(name);

    /// <summary>The same, by path.</summary>
    internal int TakeGoneAt(BytePath path) => Take(tree.FindInBase(path));

    /// <summary>The kinds that say that something is gone from a path under which something else is now.</summary>
    internal FileChangeKind KindOfGone(int gone, BytePath path, KnownEntry? now)
    {
        if (gone < 0)
        {
            return FileChangeKind.None;
        }

        KnownEntry? old = known?.InBase(path) ?? Told(gone);
        now ??= known?.InTarget(path);
        bool otherType = old is { } before && now is { } after && EntryComparison.TypeDiffers(before, after);
        return FileChangeKind.Removed | (otherType ? FileChangeKind.Type : 0);
    }

    /// <summary>The change that says that an entry's name is gone; null if it is not, or if another change said so.</summary>
    internal FileChange? Gone(int entry)
    {
        if (!IsGone(entry) || tree.Names[entry].GoneListed)
        {
            return null;
        }

        BytePath path = tree.BasePath(entry);
        BytePath? brought = tree.IsRelocated(tree.Names[entry].Directory) ? Brought(path) : null;
        return brought is null
            ? new FileChange(FileChangeKind.Removed, path)
            : new FileChange(FileChangeKind.Renamed | KindOfGone(entry, path, null), path) { OldPath = brought };
    }

    /// <summary>
    /// Where in the base what the target has under a path was, if a directory above brought it there and nothing else is said of it. What was listed already
    /// took the removal along.
    /// </summary>
    private BytePath? Brought(BytePath path)
    {
        ReceiverTree.Place place = tree.FindInTarget(path);
        if (place.Entry >= 0)
        {
            return tree.BasePath(place.Entry);
        }

        return place.Directory >= 0 && known?.InTarget(path) is not null
            ? tree.BasePath(tree.Objects[place.Directory].BaseName, new BytePath(path.Bytes[^place.Rest..]))
            : null;
    }

    private int Take(int entry)
    {
        if (entry < 0 || !IsGone(entry))
        {
            return -1;
        }

        tree.Names[entry].GoneListed = true;
        return entry;
    }

    private bool IsGone(int entry)
    {
        ref NameEntry name = ref tree.Names[entry];
        return name.Base >= 0 && name.Base != name.Now && !name.RenamedAway;
    }

    private KnownEntry? Told(int gone)
    {
        TreeEntryType type = tree.Objects[tree.Names[gone].Base].Type;
        return type == 0 ? null : new KnownEntry { Type = type };
    }
}
