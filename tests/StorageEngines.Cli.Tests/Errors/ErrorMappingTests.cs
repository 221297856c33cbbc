using StorageEngines.Cli.Errors;

namespace StorageEngines.Cli.Tests.Errors;

public sealed class ErrorMappingTests
{
    [Theory]
    [InlineData(EngineStatus.NotFound, 3)]
    [InlineData(EngineStatus.AlreadyExists, 4)]
    [InlineData(EngineStatus.PermissionDenied, 5)]
    [InlineData(EngineStatus.Unauthenticated, 5)]
    [InlineData(EngineStatus.ResourceExhausted, 6)]
    [InlineData(EngineStatus.FailedPrecondition, 7)]
    [InlineData(EngineStatus.Aborted, 8)]
    [InlineData(EngineStatus.Unavailable, 8)]
    [InlineData(EngineStatus.DeadlineExceeded, 8)]
    [InlineData(EngineStatus.Unimplemented, 9)]
    [InlineData(EngineStatus.DataLoss, 10)]
    [InlineData(EngineStatus.InvalidArgument, 11)]
    [InlineData(EngineStatus.OutOfRange, 11)]
    [InlineData(EngineStatus.Unknown, 13)]
    [InlineData(EngineStatus.Internal, 70)]
    [InlineData(EngineStatus.Cancelled, 130)]
    public void Every_status_has_its_exit_code(EngineStatus status, int expected)
        => Assert.Equal(expected, ErrorMapping.Map(new StorageEngineException(status, EngineReason.None, Recovery.FixRequest, "m"), false).ExitCode);

    [Fact]
    public void What_asks_for_a_full_copy_has_an_exit_code_of_its_own()
        => Assert.Equal(12, ErrorMapping.Map(new ChangeTrackingUnavailableException(EngineReason.ChangeTrackingLost, "m"), false).ExitCode);

    [Fact]
    public void Every_reason_but_none_has_a_hint()
    {
        foreach (EngineReason reason in Enum.GetValues<EngineReason>().Where(reason => reason != EngineReason.None))
        {
            Assert.NotNull(Hints.For(new StorageEngineException(EngineStatus.Unknown, reason, Recovery.FixRequest, "m")));
        }
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(17, 4)]
    [InlineData(13, 5)]
    [InlineData(28, 6)]
    [InlineData(30, 5)]
    [InlineData(36, 11)]
    [InlineData(5, 13)]
    public void Errors_of_the_operating_system_are_mapped_by_their_number(int errno, int expected)
        => Assert.Equal(expected, ErrorMapping.Map(new IOException("m", errno), false).ExitCode);

    [Fact]
    public void A_stack_trace_is_shown_only_when_asked_for()
    {
        var error = new InvalidOperationException("broken");
        Assert.Null(ErrorMapping.Map(error, verbose: false).Detail);
        Assert.Contains("InvalidOperationException", ErrorMapping.Map(error, verbose: true).Detail, StringComparison.Ordinal);
        Assert.Equal(70, ErrorMapping.Map(error, verbose: false).ExitCode);
    }

    [Fact]
    public void The_exit_codes_are_those_that_the_documentation_lists()
    {
        string documentation = File.ReadAllText(Path.Combine(BuildPaths.RepositoryRoot, "docs", "exit-codes.md"));
        foreach (System.Reflection.FieldInfo field in typeof(ExitCode).GetFields(System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static))
        {
            Assert.Contains($"| {field.GetRawConstantValue()} |", documentation, StringComparison.Ordinal);
        }
    }
}
