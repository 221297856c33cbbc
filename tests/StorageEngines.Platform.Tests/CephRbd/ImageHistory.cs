using System.Globalization;
using StorageEngines.CephRbd.Hosts.Native;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>Plays a random history of one image and its clones: everything that may happen to an image between two snapshots.</summary>
/// <param name="pool">Where.</param>
/// <param name="prefix">What the images' names begin with.</param>
/// <param name="seed">Decides on everything.</param>
/// <param name="cut">Cuts a snapshot of an image through the engine.</param>
/// <param name="cutGroup">Cuts one of the group that the image is in.</param>
internal sealed unsafe class ImageHistory(PoolHandle pool, string prefix, int seed, Action<string, string> cut, Action<string, string> cutGroup) : IDisposable
{
    private const ulong AllFeatures = 1 | 4 | 8 | 16 | 32; // layering, exclusive-lock, object-map, fast-diff, deep-flatten
    private const ulong Striping = 2;
    private const int ObjectOrder = 16;
    private const int ObjectBytes = 1 << ObjectOrder;
    private const int MostObjects = 20;

    private readonly Random _random = new(seed);
    private readonly List<string> _snapshots = [];
    private readonly List<string> _groups = [];
    private ImageHandle? _image;
    private ulong _size;
    private int _number;

    /// <summary>The images that came to be, each with its snapshots.</summary>
    internal List<string> Images { get; } = [];

    /// <summary>What was done, for messages.</summary>
    internal List<string> Log { get; } = [];

    /// <summary>Plays it.</summary>
    internal void Play()
    {
        bool resizes = _random.Next(4) > 0;
        Create();
        for (int step = _random.Next(12, 40); step > 0; step--)
        {
            Step(_random.Next(100), resizes);
        }

        Snapshot();
    }

    /// <inheritdoc/>
    public void Dispose() => _image?.Dispose();

    private static void Check(nint result) => Assert.True(result >= 0, $"librbd: {result}");

    private void Step(int kind, bool resizes)
    {
        switch (kind)
        {
            case < 36:
                Write(_random.Next(1, 100_000));
                break;
            case < 42:
                Write(ObjectBytes * 2);
                break;
            case < 52:
                Discard();
                break;
            case < 62:
                (ulong offset, int length) = Range(_random.Next(1, 100_000));
                Log.Add($"zero {offset}+{length}");
                Check(Rbd.WriteZeroes(_image!, offset, (nuint)length, 0, 0));
                break;
            case < 72 when resizes:
                _size = (ulong)_random.Next(1, MostObjects * ObjectBytes);
                Log.Add($"resize {_size}");
                Check(Rbd.Resize(_image!, _size));
                break;
            case < 83:
                Snapshot();
                break;
            case < 88:
                GroupSnapshot();
                break;
            case < 91 when _snapshots.Count > 2:
                Remove();
                break;
            case < 94 when _snapshots.Count > 0:
                Rollback();
                break;
            case < 95 when _groups.Count > 0:
                RollbackGroup();
                break;
            case < 97 when _snapshots.Count > 0:
                Clone();
                break;
            case < 99:
                Log.Add("flatten");
                _ = RbdCalls.Flatten(_image!); // 'invalid argument' for what is no clone.
                break;
        }
    }

    private (ulong Offset, int Length) Range(int length)
    {
        ulong offset = (ulong)_random.NextInt64((long)_size);
        return (offset, (int)Math.Min((ulong)length, _size - offset));
    }

    private void Write(int length)
    {
        (ulong offset, int count) = Range(length);
        byte[] bytes = new byte[count];
        Log.Add($"write {offset}+{count}");
        _random.NextBytes(bytes);
        fixed (byte* start = bytes)
        {
            Check(Rbd.Write(_image!, offset, (nuint)count, start));
        }
    }

    private void Discard()
    {
        ulong first = (ulong)_random.NextInt64((long)((_size + ObjectBytes - 1) / ObjectBytes)) * ObjectBytes;
        ulong length = Math.Min(_size - first, (ulong)_random.Next(1, 4) * ObjectBytes);
        Log.Add($"discard {first}+{length}");
        Check(Rbd.Discard(_image!, first, length));
    }

    private void Create()
    {
        string name = $"{prefix}-0";
        int order = ObjectOrder;
        bool striped = _random.Next(4) == 0;
        _size = (ulong)_random.Next(ObjectBytes, MostObjects * ObjectBytes);
        Log.Add($"create {_size}{(striped ? ", striped" : "")}");
        Check(RbdCalls.Create(pool, name, _size, AllFeatures | (striped ? Striping : 0), ref order, striped ? ObjectBytes / 4 : 0UL, striped ? 3UL : 0));
        Open(name);
    }

    private void Open(string name)
    {
        _image?.Dispose();
        Check(Rbd.Open(pool, name, out nint opened, null));
        _image = new ImageHandle(opened, pool);
        _snapshots.Clear();
        _groups.Clear();
        Images.Add(name);
        Check(RbdGroups.Create(pool, name));
        Check(RbdGroups.AddImage(pool, name, pool, name));
    }

    private void Snapshot()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"s{_number++}");
        bool byOthers = _random.Next(6) == 0;
        Log.Add($"{(byOthers ? "foreign " : "")}snapshot {name}");
        if (byOthers)
        {
            Check(RbdSnapshots.Create(_image!, name));
        }
        else
        {
            cut(Images[^1], name);
        }

        _snapshots.Add(name);
    }

    // The image alone is its group.
    private void GroupSnapshot()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"g{_number++}");
        bool byOthers = _random.Next(6) == 0;
        Log.Add($"{(byOthers ? "foreign " : "")}group snapshot {name}");
        if (byOthers)
        {
            Check(RbdGroups.CreateSnapshot(pool, Images[^1], name));
        }
        else
        {
            cutGroup(Images[^1], name);
        }

        _groups.Add(name);
        if (_groups.Count > 2 && _random.Next(3) == 0)
        {
            Log.Add($"remove group snapshot {_groups[0]}");
            Check(RbdGroups.RemoveSnapshot(pool, Images[^1], _groups[0]));
            _groups.RemoveAt(0);
        }
    }

    private void RollbackGroup()
    {
        string to = _groups[_random.Next(_groups.Count)];
        Check(RbdCalls.RollbackGroup(pool, Images[^1], to));
        Measure();
        Log.Add($"roll back to group snapshot {to}, {_size}");
    }

    private void Remove()
    {
        int at = _random.Next(_snapshots.Count);
        Log.Add($"remove {_snapshots[at]}");
        Check(RbdCalls.RemoveSnapshot(_image!, _snapshots[at]));
        _snapshots.RemoveAt(at);
    }

    private void Rollback()
    {
        string to = _snapshots[_random.Next(_snapshots.Count)];
        Check(RbdCalls.Rollback(_image!, to, &NoProgress, null));
        Measure();
        Log.Add($"roll back to {to}, {_size}");
    }

    private void Clone()
    {
        string child = string.Create(CultureInfo.InvariantCulture, $"{prefix}-{Images.Count}"), snapshot = _snapshots[_random.Next(_snapshots.Count)];
        Rbd.CreateOptions(out nint options);
        Check(RbdCalls.Clone(pool, Images[^1], snapshot, pool, child, options));
        Rbd.DestroyOptions(options);
        Open(child);
        Measure();
        Log.Add($"clone {snapshot}, {_size}");
    }

    private void Measure()
    {
        RbdImageInfo info;
        Check(Rbd.Stat(_image!, &info, (nuint)sizeof(RbdImageInfo)));
        _size = info.Size;
    }

    [System.Runtime.InteropServices.UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static int NoProgress(ulong done, ulong total, void* argument) => 0;
}
