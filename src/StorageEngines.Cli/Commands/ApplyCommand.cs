using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Cli.Commands;

/// <summary><c>apply</c>: brings a restored base to the target of a difference.</summary>
internal static class ApplyCommand
{
    internal static Command Create(CliApplication application)
    {
        var file = new Argument<string>("FILE") { Description = "The difference, - for standard input; its format is detected" };
        var target = new Argument<string>("TARGETPATH") { Description = "The directory, image file or device to bring to the difference's target; or a Btrfs subvolume, or ENGINE:PATH, whose engine then receives it as a snapshot" };
        var skip = new Option<bool>("--skip-base-check") { Description = "Apply although it is not proven that the target is the base; the result is at your risk" };
        var command = new Command("apply", "Apply an exported difference to a restored base; nothing is written if the base is another one") { file, target, skip };
        return application.Define(command, async (session, cancellationToken) =>
        {
            string source = session.Get(file)!;
            OpenVolume? volume = await NativeTransfer.TargetAsync(session, session.Get(target)!, cancellationToken);
            await using Stream input = source == "-" ? session.Environment.OpenInput() : Open(Addresses.LocalPath(source));
            if (volume is not null)
            {
                return await NativeTransfer.ApplyAsync(session, volume, input, session.Get(skip), cancellationToken);
            }

            BytePath path = Addresses.LocalPath(session.Get(target)!);
            (DifferentialFormat format, Stream stream) = await DifferentialFormats.PeekAsync(input, cancellationToken);
            await using (stream)
            {
                DifferentialSummary summary = await session.Progress.RunAsync("apply", progress =>
                {
                    var options = new ApplyOptions { SkipBaseCheck = session.Get(skip), Progress = progress };
                    return format switch
                    {
                        DifferentialFormat.Rbd => BlockDifferential.ApplyAsync(stream, path, options, cancellationToken),
                        DifferentialFormat.Rdiff => RollingDelta.ApplyAsync(stream, path, options, cancellationToken),
                        _ => TreeDifferential.ApplyAsync(stream, path, options, cancellationToken),
                    };
                });
                TransferOutput.Summary(session.Output, "apply", format, path.ToString(), summary);
            }

            return ExitCode.Ok;
        });
    }

    internal static FileStream Open(BytePath path)
    {
        FileStatus status = FileStatus.GetPath(path.Span);
        if (status.Type == FileType.Fifo)
        {
            return File.OpenRead(path.ToString()); // A shell's <(command): its writer is waited for.
        }

        if (status.IsDirectory)
        {
            throw new UsageException($"'{path}' is a directory, and an exported difference is a file", "name the file, or - for standard input");
        }

        return new FileStream(FileHandle.OpenRead(path.Span), FileAccess.Read, 1 << 17);
    }
}
