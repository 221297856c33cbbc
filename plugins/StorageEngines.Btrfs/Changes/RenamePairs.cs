namespace StorageEngines.Btrfs.Changes;

/// <summary>Finds for each name that an old file or directory got the name that it lost: together they are a rename. The kernel sends a new link and a removal.</summary>
internal static class RenamePairs
{
    internal static void Find(ReceiverTree tree)
    {
        for (int at = tree.Names.Count - 1; at >= 0; at--)
        {
            Chain(tree, at);
        }

        for (int at = 0; at < tree.Objects.Count; at++)
        {
            Pair(tree, at, in tree.Objects[at]);
        }
    }

    private static void Chain(ReceiverTree tree, int at)
    {
        ref NameEntry name = ref tree.Names[at];
        name.Base = LinkGroups.Same(tree, name.Base);
        name.Now = LinkGroups.Same(tree, name.Now);
        if (name.Base >= 0 && name.Base != name.Now)
        {
            ref TreeObject lost = ref tree.Objects[name.Base];
            (name.NextLost, lost.FirstLost) = (lost.FirstLost, at);
        }

        if (name.Now >= 0)
        {
            ref TreeObject now = ref tree.Objects[name.Now];
            (name.NextNow, now.FirstNow) = (now.FirstNow, at);
        }
    }

    private static void Pair(ReceiverTree tree, int file, in TreeObject it)
    {
        int lost = it.FirstLost;
        for (int now = it.FirstNow; now >= 0 && lost >= 0; now = tree.Names[now].NextNow)
        {
            ref NameEntry name = ref tree.Names[now];
            if (name.Base != file)
            {
                name.RenamedFrom = lost;
                tree.Names[lost].RenamedAway = true;
                lost = tree.Names[lost].NextLost;
            }
        }
    }
}
