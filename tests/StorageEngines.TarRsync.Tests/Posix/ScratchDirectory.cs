using System.Runtime.InteropServices;
using System.Text;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Posix;

/// <summary>A directory of its own for one test, deleted afterwards.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    public ScratchDirectory(string parent = "/tmp")
    {
        Path = Directory.CreateDirectory($"{parent}/seng-test-posix-{Guid.NewGuid():N}").FullName;
        Bytes = Encoding.UTF8.GetBytes(Path);
    }

    public string Path { get; }

    public byte[] Bytes { get; }

    public DirectoryHandle Open() => DirectoryHandle.Open(Bytes);

    public BeneathRoot Root(bool componentWise = false) => BeneathRoot.Open(Bytes, componentWise);

    public void Dispose()
    {
        using DirectoryHandle parent = DirectoryHandle.Open("/tmp"u8);
        using DirectoryHandle self = Open();
        Clear(self);
        Directory.Delete(Path);
    }

    // Names and depths here are beyond what System.IO deletes.
    private static void Clear(DirectoryHandle top)
    {
        Stack<(DirectoryHandle Directory, byte[] Name)> open = new();
        open.Push((top, []));
        byte[] buffer = new byte[4096];
        while (open.Count > 0)
        {
            DirectoryHandle directory = open.Peek().Directory;
            directory.Rewind();
            (byte[] Name, bool IsDirectory)? first = First(directory, buffer);
            if (first is { IsDirectory: true } child)
            {
                open.Push((directory.OpenChild(child.Name), child.Name));
            }
            else if (first is { } file)
            {
                Remove(directory, file.Name, 0);
            }
            else
            {
                byte[] name = open.Pop().Name;
                if (open.Count == 0)
                    return;
                directory.Dispose();
                Remove(open.Peek().Directory, name, Libc.RemoveDirectory);
            }
        }
    }

    private static void Remove(DirectoryHandle directory, byte[] name, int flags)
    {
        bool done = Libc.Unlink(directory, [.. name, 0], flags) == 0;
        Assert.True(done, $"Cannot remove '{Encoding.UTF8.GetString(name)}': {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static (byte[] Name, bool IsDirectory)? First(DirectoryHandle directory, byte[] buffer)
    {
        foreach (DirectoryEntry entry in directory.Entries(buffer))
            return (entry.Name.ToArray(), FileStatus.GetAt(directory, entry.Name).IsDirectory);
        return null;
    }
}

/// <summary>Runs a piece of a test as another user; the raw system calls change the calling thread only.</summary>
internal static partial class OtherUser
{
    public const uint Nobody = 65534;

    public static bool IsRoot => Environment.IsPrivilegedProcess;

    public static void Run(Action action)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            bool x64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
            _ = Syscall(x64 ? 123 : 152, Nobody); // setfsgid
            _ = Syscall(x64 ? 122 : 151, Nobody); // setfsuid; leaving 0 drops the capabilities over files as well
            failure = Record.Exception(action);
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Syscall(nint number, nuint id);
}
