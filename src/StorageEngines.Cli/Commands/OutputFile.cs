using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Cli.Commands;

/// <summary>A file that a command writes: it is there under its name only when it is whole.</summary>
internal static class OutputFile
{
    private const uint OwnerOnly = 0x180;

    /// <summary>Refuses to write binary data where a person would see it.</summary>
    internal static void RequireNoTerminal(CliSession session, string where)
    {
        if (where == "-" && session.Environment.OutputIsTerminal)
        {
            throw new UsageException("refusing to write binary data to a terminal", "give a file with -o FILE, or pipe the output into a program");
        }
    }

    /// <summary>Writes a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="replace">Whether to replace a file of that name.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="cancellationToken">Gives up; nothing remains.</param>
    internal static async Task<T> WriteAsync<T>(BytePath path, bool replace, Func<Stream, Task<T>> write, CancellationToken cancellationToken)
    {
        Places.RequireOutsideOfStores(path, "write");
        using DirectoryHandle directory = Named(path, () => DirectoryHandle.Open(path.Parent.IsRoot ? "/"u8 : path.Parent.Span));
        if (Named(path, () => FileStatus.TryGetAt(directory, path.Name.Span, out FileStatus status) ? status.Type : default(FileType?)) is { } there)
        {
            RequireReplaceable(path, there, replace);
        }

        using AtomicFile file = Named(path, () => AtomicFile.Create(directory, path.Name.Span, OwnerOnly));
        var stream = new NamedStream(new FileStream(file.Handle, FileAccess.Write, 1 << 17), path.ToString());
        T result = await write(stream);
        await stream.FlushAsync(cancellationToken);
        Named(path, () =>
        {
            file.Publish(replace);
            return true;
        });
        return result;
    }

    /// <summary>Refuses a path where something is that may not be replaced.</summary>
    internal static void RequireReplaceable(BytePath path, FileType there, bool replace)
    {
        if (there == FileType.Directory)
        {
            throw new StorageEngineException(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, $"'{path}' is a directory; give the name of a file in it.");
        }

        if (!replace)
        {
            throw new StorageEngineException(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, $"'{path}' is already there; give --force to replace it, or another name.");
        }
    }

    // The system's words name a part of the path at most.
    private static T Named<T>(BytePath path, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (PosixException error)
        {
            throw new IOException($"Cannot write '{path}': {error.Message}", error.HResult);
        }
    }
}
