using System.Security.Cryptography;
using StorageEngines.Cli.Errors;
using StorageEngines.Posix;

namespace StorageEngines.Cli.Demo;

/// <summary>The demo's own directory, removed at the end.</summary>
internal sealed class DemoWorkspace : IDisposable
{
    private const uint OwnerOnly = 0x1C0;
    private readonly bool _keep;

    private DemoWorkspace(string path, bool keep)
    {
        Path = path;
        _keep = keep;
    }

    /// <summary>Where it is.</summary>
    internal string Path { get; }

    /// <summary>Makes it, after a check that there is room.</summary>
    /// <param name="parent">Where to make it.</param>
    /// <param name="source">The directory that the demo is about; the workspace must not be in it.</param>
    /// <param name="bytes">The bytes in it.</param>
    /// <param name="keep">Leave it in the end.</param>
    internal static DemoWorkspace Create(string parent, string source, long bytes, bool keep)
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetFullPath(parent), "storage-engines-demo-" + RandomNumberGenerator.GetHexString(8, lowercase: true));
        if (path.StartsWith(source.TrimEnd('/') + "/", StringComparison.Ordinal))
        {
            throw new UsageException($"the demo's working directory {path} would be inside {source}", "give a place outside with --work DIR");
        }

        long wanted = checked((bytes * 3) + (bytes / 4) + (64L << 20));
        using BeneathRoot directory = BeneathRoot.Open(BytePath.FromString(System.IO.Path.GetFullPath(parent)).Span);
        Statfs space = Statfs.Get(directory.Root);
        if (space.FreeBytesAvailable < wanted)
        {
            throw new StorageEngineException(
                EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction,
                $"The demo needs {Output.Sizes.Bytes(wanted)} in {parent} (a store and two copies of {Output.Sizes.Bytes(bytes)}), and {Output.Sizes.Bytes(space.FreeBytesAvailable)} are free; choose another place with --work DIR.");
        }

        directory.MakeDirectory(BytePath.FromString(System.IO.Path.GetFileName(path)).Span, OwnerOnly);
        return new DemoWorkspace(path, keep);
    }

    /// <summary>A path in it.</summary>
    internal BytePath At(string name) => BytePath.FromString(System.IO.Path.Combine(Path, name));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_keep)
        {
            return;
        }

        using (BeneathRoot root = BeneathRoot.Open(BytePath.FromString(Path).Span))
        {
            Empty(root, default);
        }

        Directory.Delete(Path);
    }

    // Not Directory.Delete(recursive): names here need not be UTF-8, and directories need not be writable.
    private static void Empty(BeneathRoot root, BytePath path)
    {
        root.SetMode(path.Span, OwnerOnly);
        using DirectoryHandle directory = root.OpenDirectory(path.Span);
        foreach (byte[] name in TreeNames.Sorted(directory))
        {
            BytePath child = path.Append(new BytePath(name));
            if (FileStatus.TryGetAt(directory, name, out FileStatus status) && status.IsDirectory)
            {
                Empty(root, child);
                root.RemoveDirectory(child.Span);
            }
            else
            {
                root.Unlink(child.Span);
            }
        }
    }
}
