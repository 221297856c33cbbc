using System.Text;
using StorageEngines.Posix;
using StorageEngines.Testing;

namespace StorageEngines.Tests.Portable.Trees;

/// <summary>A tree volume of the in-memory engine with a seeded random history, and what its state looks like on a file system.</summary>
internal sealed class MemoryTree
{
    private readonly Random _random;
    private readonly ISnapshots _snapshots;
    private int _names;
    private int _count;

    internal MemoryTree(int seed, Action<InMemoryTreeVolume>? prepare = null)
    {
        _random = new Random(seed);
        Engine = new InMemoryStorageEngine();
        Volume = Engine.CreateTreeVolume("tree");
        Volume.SetMode(default, 0x1ED);
        _snapshots = Engine.Feature<ISnapshots>()!;
        prepare?.Invoke(Volume);
    }

    internal InMemoryStorageEngine Engine { get; }

    internal InMemoryTreeVolume Volume { get; }

    internal async Task<SnapshotInfo> SnapshotAsync()
        => await _snapshots.CreateAsync(new CreateSnapshotRequest(Volume.Ref, $"s{_count++}"));

    /// <summary>The live volume as <see cref="LiveTree.Read"/> would print it.</summary>
    internal SortedDictionary<BytePath, string> Lines()
    {
        SortedDictionary<BytePath, string> lines = [];
        foreach (TreeEntry entry in Volume.List())
        {
            lines.Add(entry.Path, Line(entry));
        }

        return lines;
    }

    /// <summary>Does some random operations; ones that make no sense are left out.</summary>
    internal void Change(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            try
            {
                Step();
            }
            catch (InvalidOperationException)
            {
                continue; // taken, not empty, into itself: the volume says so
            }
        }
    }

    private string Line(TreeEntry entry)
    {
        var type = (FileType)((int)entry.Type << 12);
        string content = type switch
        {
            FileType.Regular => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Volume.ReadFile(entry.Path))),
            FileType.Symlink => Convert.ToHexStringLower(entry.LinkTarget.Span),
            FileType.CharacterDevice or FileType.BlockDevice => $"{entry.DeviceMajor}:{entry.DeviceMinor}",
            _ => "",
        };
        return LiveTree.Format(
            type, (uint)entry.Mode, entry.UserId, entry.GroupId, type == FileType.Regular ? entry.SizeBytes : 0, entry.LinkCount,
            ((Int128)entry.ModifiedAt.Seconds * 1_000_000_000) + entry.ModifiedAt.Nanoseconds, content,
            entry.Attributes.Select(a => (Encoding.UTF8.GetString(a.Name.Span), Convert.ToHexStringLower(a.Value.Span))));
    }

    private void Step()
    {
        TreeEntry one = Any(null);
        switch (_random.Next(16))
        {
            case 0 or 1: Volume.CreateFile(NewName(), Bytes(_random.Next(3) == 0 ? _random.Next(200_000) : _random.Next(3000))); break;
            case 2: Volume.CreateDirectory(NewName()); break;
            case 3: Volume.CreateSymbolicLink(NewName(), BytePath.FromString($"../x{_random.Next(9)}")); break;
            case 4: Volume.CreateFifo(NewName()); break;
            case 5: Volume.CreateHardLink(Any(TreeEntryType.File).Path, NewName()); break;
            case 6 or 7: Volume.Write(Any(TreeEntryType.File).Path, _random.Next(100_000), Bytes(1 + _random.Next(20_000))); break;
            case 8: Volume.Truncate(Any(TreeEntryType.File).Path, _random.Next(150_000)); break;
            case 9: Punch(Any(TreeEntryType.File)); break;
            case 10 or 11: Volume.Rename(one.Path, _random.Next(3) == 0 ? Any(null).Path : NewName()); break;
            case 12: Swap(one.Path, Any(null).Path); break;
            case 13: DeleteTree(one.Path); break;
            case 14: Volume.SetAttribute(Any(TreeEntryType.File).Path, $"user.a{_random.Next(3)}", _random.Next(3) == 0 ? null : Bytes(_random.Next(40))); break;
            default:
                if (one.Type != TreeEntryType.SymbolicLink)
                {
                    Volume.SetMode(one.Path, 0x1C0 | _random.Next(64));
                }

                Volume.SetOwner(one.Path, (uint)_random.Next(5), (uint)_random.Next(5));
                break;
        }
    }

    private void Punch(TreeEntry file)
    {
        long start = Math.Min(file.SizeBytes, 4096L * _random.Next(10));
        long length = Math.Min(file.SizeBytes - start, 4096L * (1 + _random.Next(10)));
        if (length > 0)
        {
            Volume.PunchHole(file.Path, start, length);
        }
    }

    private void Swap(BytePath a, BytePath b)
    {
        if (a.IsRoot || b.IsRoot || a.IsAtOrBelow(b) || b.IsAtOrBelow(a))
        {
            return;
        }

        BytePath aside = NewName();
        if (aside.IsAtOrBelow(a) || aside.IsAtOrBelow(b))
        {
            return;
        }

        Volume.Rename(a, aside);
        Volume.Rename(b, a);
        Volume.Rename(aside, b);
    }

    private void DeleteTree(BytePath path)
    {
        foreach (TreeEntry entry in Volume.List().Where(e => !e.Path.IsRoot && e.Path.IsAtOrBelow(path) && !path.IsRoot).Reverse())
        {
            Volume.Delete(entry.Path);
        }
    }

    private TreeEntry Any(TreeEntryType? type)
    {
        List<TreeEntry> entries = [.. Volume.List().Where(e => type is null || e.Type == type)];
        return entries.Count > 0 ? entries[_random.Next(entries.Count)] : throw new InvalidOperationException("There is none.");
    }

    private BytePath NewName()
    {
        byte[] name = _random.Next(4) switch
        {
            0 => [(byte)'n', 0xFF, (byte)'\n', (byte)('0' + _random.Next(10))],
            1 => Encoding.UTF8.GetBytes($"ä {_names++}"),
            _ => Encoding.ASCII.GetBytes($"n{_random.Next(30)}"),
        };
        return Any(TreeEntryType.Directory).Path.Append(new BytePath(name));
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        if (_random.Next(4) > 0)
        {
            _random.NextBytes(bytes);
        }

        return bytes;
    }
}
