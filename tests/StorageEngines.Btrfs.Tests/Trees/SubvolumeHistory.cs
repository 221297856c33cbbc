using System.Globalization;
using System.Text;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Tests.Changes;
using StorageEngines.Platform.Tests.Btrfs;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Trees;

/// <summary>The random life of a subvolume. What it made is deleted when it is disposed.</summary>
internal sealed class SubvolumeHistory : IDisposable
{
    private readonly BtrfsLoop _loop;
    private readonly Random _random;
    private readonly string _home;
    private readonly string _volume;
    private readonly List<Cut> _cuts = [];
    private int _life;
    private int _made;

    internal SubvolumeHistory(BtrfsLoop loop, int seed)
    {
        _loop = loop;
        _random = new Random(seed);
        _home = Path.Combine(loop.Mount, string.Create(CultureInfo.InvariantCulture, $"life-{seed}"));
        Directory.CreateDirectory(_home);
        _volume = Path.Combine(_home, "volume");
        BtrfsLoop.Btrfs("subvolume", "create", _volume);
    }

    internal void Play()
    {
        var tree = new TreeHistory(_volume, _random);
        var extents = new ExtentPlay(_volume, _random);
        tree.Begin(30);
        for (int round = 0; round < 4; round++)
        {
            string? old = _cuts.Count > 0 ? _cuts[_random.Next(_cuts.Count)].Path : null;
            tree.Play(_random.Next(60));
            extents.Play(_random.Next(15), old);
            tree.Play(_random.Next(10));
            if (_random.Next(6) == 0)
            {
                Nested();
            }

            Take(isReceived: false);
            Event();
        }
    }

    /// <summary>Some pairs of snapshots, and whether both are plain ones of the same subvolume in this order.</summary>
    internal IEnumerable<(string Before, string After, bool IsPlain)> Pairs()
    {
        for (int i = 0; i < _cuts.Count; i++)
        {
            for (int j = i + 1; j < _cuts.Count; j++)
            {
                if (j == i + 1 || _random.Next(3) == 0)
                {
                    Cut a = _cuts[i], b = _cuts[j];
                    yield return (a.Path, b.Path, !a.IsReceived && !b.IsReceived && a.Life == b.Life);
                }
            }
        }
    }

    public void Dispose()
    {
        foreach (string nested in Directory.EnumerateDirectories(_volume, "nested*"))
        {
            BtrfsLoop.Btrfs("subvolume", "delete", nested);
        }

        foreach (string path in _cuts.Select(cut => cut.Path).Append(_volume))
        {
            BtrfsLoop.Btrfs("subvolume", "delete", path);
        }

        Directory.Delete(_home, recursive: true);
    }

    private void Event()
    {
        switch (_random.Next(9))
        {
            case 0: BtrfsLoop.Btrfs("balance", "start", "-m", _loop.Mount); break;
            case 1: BtrfsLoop.Btrfs("balance", "start", "-d", _loop.Mount); break;
            case 2 when _cuts.Count > 2: Delete(); break;
            case 3 when _cuts.Count > 0: RollBack(_cuts[_random.Next(_cuts.Count)]); break;
            case 4 when _cuts.Count > 1: Take(isReceived: true); break;
            case 5: BtrfsLoop.Btrfs("filesystem", "defragment", "-r", _volume); break;
            default: break;
        }
    }

    private string Fresh(string name) => Path.Combine(_home, string.Create(CultureInfo.InvariantCulture, $"{name}{_made++}"));

    private void Nested()
    {
        string path = Path.Combine(_volume, string.Create(CultureInfo.InvariantCulture, $"nested{_made++}"));
        BtrfsLoop.Btrfs("subvolume", "create", path);
        BtrfsLoop.Btrfs("subvolume", "delete", path);
    }

    private void Take(bool isReceived)
    {
        string path = Fresh("s");
        Snapshot(_volume, path, readOnly: true);
        if (isReceived)
        {
            string file = Fresh("stream"), target = Fresh("r");
            Directory.CreateDirectory(target);
            BtrfsLoop.Btrfs("send", "-q", "-f", file, path);
            BtrfsLoop.Btrfs("receive", "-q", "-f", file, target);
            File.Delete(file);
            BtrfsLoop.Btrfs("subvolume", "delete", path);
            path = Path.Combine(target, Path.GetFileName(path));
        }

        _cuts.Add(new Cut(path, _life, isReceived));
    }

    private void Delete()
    {
        int at = _random.Next(1, _cuts.Count - 1);
        BtrfsLoop.Btrfs("subvolume", "delete", _cuts[at].Path);
        _cuts.RemoveAt(at);
    }

    private void RollBack(Cut to)
    {
        BtrfsLoop.Btrfs("subvolume", "delete", _volume);
        Snapshot(to.Path, _volume, readOnly: false);
        _life = ++_made;
    }

    private static void Snapshot(string source, string path, bool readOnly)
    {
        using DirectoryHandle from = DirectoryHandle.Open(Encoding.UTF8.GetBytes(source)), above = DirectoryHandle.Open(Encoding.UTF8.GetBytes(Path.GetDirectoryName(path)!));
        BtrfsControl.CreateSnapshot(from, above, Encoding.UTF8.GetBytes(Path.GetFileName(path)), readOnly);
    }

    private sealed record Cut(string Path, int Life, bool IsReceived);
}
