using System.Runtime.CompilerServices;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Trees;

/// <summary>
/// Enters names into the tree from which changes are listed. A directory gets an object when something in it changed; all above it are looked up then. Not thread-safe.
/// </summary>
/// <param name="tree">The tree.</param>
/// <param name="from">Reads the base.</param>
/// <param name="to">Reads the target.</param>
/// <param name="since">The base's transaction: what the target has of later ones is not in the base.</param>
internal sealed class TreeNames(ReceiverTree tree, TreeReader from, TreeReader to, ulong since)
{
    // A number is used again for another file after the newest files were deleted and the file system was mounted anew, so that each side has its own.
    private readonly Dictionary<ulong, int> _inBase = new() { [BtrfsRequests.FirstFree] = ReceiverTree.Root };
    private readonly Dictionary<ulong, int> _inTarget = new() { [BtrfsRequests.FirstFree] = ReceiverTree.Root };
    private readonly InodeFacts _before = new();
    private readonly InodeFacts _after = new();

    /// <summary>The object of a directory of the target.</summary>
    /// <exception cref="InsufficientExecutionStackException">Directories are nested too deeply.</exception>
    internal int TargetDirectory(ulong inode) => _inTarget.TryGetValue(inode, out int known) ? known : MakeOfTarget(inode);

    /// <summary>The object of a directory of the base.</summary>
    /// <exception cref="InsufficientExecutionStackException">Directories are nested too deeply.</exception>
    internal int BaseDirectory(ulong inode)
    {
        if (_inBase.TryGetValue(inode, out int known))
        {
            return known;
        }

        if (_after.Read(to, inode, ItemTypes.Inode) && _after.Item.Generation <= since)
        {
            MakeOfTarget(inode);
            if (_inBase.TryGetValue(inode, out known))
            {
                return known;
            }
        }

        return MakeOfBase(inode);
    }

    /// <summary>A file or directory that both have: all its names on both sides.</summary>
    /// <returns>The object.</returns>
    internal int Living(InodeFacts before, InodeFacts after)
    {
        if (after.Item.IsDirectory && _inTarget.TryGetValue(after.Inode, out int made))
        {
            return made;
        }

        int living = Add(after.Item, ObjectFlags.None, after.Inode, inBase: true, inTarget: true);
        EnterAll(before, living, inBase: true);
        EnterAll(after, living, inBase: false);
        ref TreeObject it = ref tree.Objects[living];
        bool moved = it.BaseName != it.NowName || before.Names.Count != after.Names.Count;
        it.Flags |= (moved ? ObjectFlags.Moved : 0) | (after.Names.Count > 1 ? ObjectFlags.ManyNames : 0);
        return living;
    }

    /// <summary>A file or directory that only the target has.</summary>
    /// <returns>The object.</returns>
    internal int Added(InodeFacts after)
    {
        if (after.Item.IsDirectory && _inTarget.TryGetValue(after.Inode, out int made))
        {
            return made;
        }

        int added = Add(after.Item, ObjectFlags.New, after.Inode, inBase: false, inTarget: true);
        EnterAll(after, added, inBase: false);
        return added;
    }

    /// <summary>A name that only the base has, of something that only the base has. A directory that something was moved out of has its object already.</summary>
    internal void Gone(int directory, ReadOnlySpan<byte> name, ulong inode, TreeEntryType type)
    {
        int entry = Entry(directory, name);
        if (tree.Names[entry].Base >= 0)
        {
            return;
        }

        bool isDirectory = type == TreeEntryType.Directory;
        int gone = tree.Objects.Add(new TreeObject
        {
            Flags = ObjectFlags.Moved | (isDirectory ? ObjectFlags.Directory : 0),
            Type = type,
            BaseName = entry,
            Names = 0,
        });
        tree.Names[entry].Base = gone;
        if (isDirectory)
        {
            _inBase[inode] = gone;
        }
    }

    private int MakeOfTarget(ulong inode)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (!_after.Read(to, inode, ItemTypes.ExtendedReference) || !_after.Item.IsDirectory)
        {
            throw TreeDamage.Is($"a name is in directory {inode}, which is not there");
        }

        InodeItem item = _after.Item;
        if (item.Generation > since)
        {
            return AddFrom(_after, item, ObjectFlags.New, inBase: false, inTarget: true);
        }

        if (item.Transaction <= since)
        {
            return AddFrom(_after, item, ObjectFlags.None, inBase: true, inTarget: true); // its name is what it was, because a change of it would have changed the item
        }

        if (!_before.Read(from, inode, ItemTypes.ExtendedReference))
        {
            return AddFrom(_after, item, ObjectFlags.New, inBase: false, inTarget: true);
        }

        return AddMoved(item);
    }

    private int MakeOfBase(ulong inode)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return _before.Read(from, inode, ItemTypes.ExtendedReference) && _before.Item.IsDirectory
            ? AddFrom(_before, _before.Item, ObjectFlags.Moved, inBase: true, inTarget: false)
            : throw TreeDamage.Is($"a name is in directory {inode}, which is not there");
    }

    // The object is there before the directories above are looked up: a directory may be below another in one snapshot, and above it in the other. The facts are
    // filled anew meanwhile, so that the names are taken out of them first.
    [SkipLocalsInit]
    private int AddFrom(InodeFacts facts, InodeItem item, ObjectFlags flags, bool inBase, bool inTarget)
    {
        InodeName name = Only(facts);
        Span<byte> bytes = stackalloc byte[byte.MaxValue];
        bytes = bytes[..name.Length];
        facts.NameOf(in name).CopyTo(bytes);
        int made = Add(item, flags, facts.Inode, inBase, inTarget);
        int above = inTarget ? TargetDirectory(name.Directory) : BaseDirectory(name.Directory);
        if (inBase)
        {
            Enter(above, bytes, made, inBase: true);
        }

        if (inTarget)
        {
            Enter(above, bytes, made, inBase: false);
        }

        return made;
    }

    [SkipLocalsInit]
    private int AddMoved(InodeItem item)
    {
        (InodeName old, InodeName name) = (Only(_before), Only(_after));
        Span<byte> bytes = stackalloc byte[2 * byte.MaxValue];
        _before.NameOf(in old).CopyTo(bytes);
        _after.NameOf(in name).CopyTo(bytes[old.Length..]);
        int made = Add(item, ObjectFlags.None, _after.Inode, inBase: true, inTarget: true);
        Enter(BaseDirectory(old.Directory), bytes[..old.Length], made, inBase: true);
        Enter(TargetDirectory(name.Directory), bytes.Slice(old.Length, name.Length), made, inBase: false);
        ref TreeObject it = ref tree.Objects[made];
        it.Flags |= it.BaseName == it.NowName ? 0 : ObjectFlags.Moved;
        return made;
    }

    private static InodeName Only(InodeFacts facts)
        => facts.Names.Count == 1 ? facts.Names[0] : throw TreeDamage.Is($"directory {facts.Inode} has {facts.Names.Count} names");

    private int Add(in InodeItem item, ObjectFlags flags, ulong inode, bool inBase, bool inTarget)
    {
        bool isDirectory = item.IsDirectory;
        int made = tree.Objects.Add(new TreeObject { Flags = flags | (isDirectory ? ObjectFlags.Directory : 0), Type = item.Type, Names = 0 });
        if (isDirectory && inBase)
        {
            _inBase[inode] = made;
        }

        if (isDirectory && inTarget)
        {
            _inTarget[inode] = made;
        }

        return made;
    }

    private void EnterAll(InodeFacts facts, int entered, bool inBase)
    {
        foreach (InodeName name in facts.Names)
        {
            Enter(inBase ? BaseDirectory(name.Directory) : TargetDirectory(name.Directory), facts.NameOf(in name), entered, inBase);
        }
    }

    private void Enter(int directory, ReadOnlySpan<byte> name, int entered, bool inBase)
    {
        int entry = Entry(directory, name);
        ref NameEntry it = ref tree.Names[entry];
        ref TreeObject file = ref tree.Objects[entered];
        ref int side = ref inBase ? ref it.Base : ref it.Now;
        if (side >= 0 && side != entered)
        {
            throw TreeDamage.Is($"two files have the name '{ByteText.Escape(name)}' in one directory");
        }

        side = entered;
        if (inBase)
        {
            file.BaseName = file.BaseName < 0 ? entry : file.BaseName;
        }
        else
        {
            file.Names++;
            file.NowName = file.NowName < 0 || file.BaseName == entry ? entry : file.NowName; // the kept name, where one is kept
        }
    }

    private int Entry(int directory, ReadOnlySpan<byte> name) => tree.Names.Find(directory, name) is var found and >= 0 ? found : tree.Names.Add(directory, name);
}
