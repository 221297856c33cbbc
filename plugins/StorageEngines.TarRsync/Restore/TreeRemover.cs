using StorageEngines.Posix;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Restore;

/// <summary>Removes a directory of ours with all that is in it, and nothing that is mounted there.</summary>
internal static class TreeRemover
{
    /// <summary>Removes it; what is gone already is no error. Implements: unlinkat(2).</summary>
    /// <param name="parent">The directory it is in.</param>
    /// <param name="name">Its path in there.</param>
    /// <exception cref="PosixException">Something cannot be removed.</exception>
    internal static void Remove(BeneathRoot parent, ReadOnlySpan<byte> name)
    {
        if (!parent.TryGetStatus(name, out _))
        {
            return;
        }

        var directories = new Stack<byte[]>();
        using (var walker = new TreeWalker(parent.OpenDirectory(name), new WalkOptions { Threads = 0 }))
        {
            while (walker.MoveNext())
            {
                byte[] path = walker.Path.IsEmpty ? name.ToArray() : [.. name, (byte)'/', .. walker.Path];
                if (walker.Status.IsDirectory)
                {
                    directories.Push(path);
                }
                else
                {
                    parent.Unlink(path);
                }
            }
        }

        while (directories.TryPop(out byte[]? directory))
        {
            parent.RemoveDirectory(directory);
        }
    }
}
