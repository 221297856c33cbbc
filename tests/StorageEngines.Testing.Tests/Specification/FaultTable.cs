namespace StorageEngines.Testing.Tests.Specification;

/// <summary>Which law is there for which fault.</summary>
internal static class FaultTable
{
    /// <summary>Laws that no fault of the engine can break, and why.</summary>
    public static IReadOnlyDictionary<int, string> LawsWithoutFault { get; } = new Dictionary<int, string>
    {
        [20] = "Whoever froze has to thaw, and that is the library's group snapshots, not the engine: no fault of an engine can keep a hook frozen. What an engine can break of the law, "
            + "a member that is left when the cut is stopped, has a row; that the thaw comes is tested with broken hooks beside GroupSnapshots.",
    };

    public static IReadOnlyList<FaultCase> Cases { get; } =
    [
        .. Both(InMemoryFault.DropsAnExtent, typeof(InMemoryDeltas), "Law04_Base_plus_delta_rebuilds_target"),
        Of(InMemoryFault.DropsAnExtent, typeof(InMemoryDeltas), "Law04_Base_plus_changed_data_is_target_in_one_pass"),
        .. Both(InMemoryFault.DropsAnExtent, typeof(InMemoryRandomHistories), "Law04_Base_plus_delta_rebuilds_target_in_random_histories"),
        .. Both(InMemoryFault.MissesOlderChanges, typeof(InMemoryDeltas), "Law07_A_delta_across_snapshots_in_between_misses_nothing"),
        .. Both(InMemoryFault.DropsDiscards, typeof(InMemoryDeltas), "Law09_A_discard_is_a_change_and_zero_where_that_is_promised"),
        .. Both(InMemoryFault.ReportsZeroesAsData, typeof(InMemoryDeltas), "Law09_A_discard_is_a_change_and_zero_where_that_is_promised"),
        .. Both(InMemoryFault.ForgetsWritesDuringCut, typeof(InMemoryBusyVolumes), "Law10_Base_plus_delta_rebuilds_target_under_heavy_write"),
        .. Both(InMemoryFault.TearsUnderWrite, typeof(InMemoryBusyVolumes), "Law10_A_snapshot_that_says_crash_consistent_is_one_instant"),
        .. Both(InMemoryFault.TracksByName, typeof(InMemoryIdentities), "Law11_Ids_still_work_when_the_volume_is_renamed"),
        .. Both(InMemoryFault.TracksByName, typeof(InMemoryIdentities), "Law11_Ids_still_work_when_the_snapshot_is_renamed"),
        .. Both(InMemoryFault.EmptyFromBaseWithoutData, typeof(InMemoryIdentities), "Law14_A_delta_from_a_base_without_data_works"),
        .. Both(InMemoryFault.ComparesWithLive, typeof(InMemoryBusyVolumes), "Law25_A_delta_while_the_volume_is_busy_is_the_delta_at_rest"),
        .. Both(InMemoryFault.ReportsUnsorted, typeof(InMemoryExtentLists), "Law01_Extents_are_ascending_disjoint_positive_and_inside_the_capacity"),
        .. Both(InMemoryFault.OverlapsExtents, typeof(InMemoryExtentLists), "Law01_Extents_are_ascending_disjoint_positive_and_inside_the_capacity"),
        .. Both(InMemoryFault.BeyondCapacity, typeof(InMemoryExtentLists), "Law01_Extents_are_ascending_disjoint_positive_and_inside_the_capacity"),
        .. Both(InMemoryFault.ResumesTooLate, typeof(InMemoryExtentLists), "Law02_An_answer_resumed_at_any_offset_is_the_rest_of_the_whole_one"),
        Of(InMemoryFault.IgnoresMaxResults, typeof(InMemoryExtentLists), "Law03_Batches_hold_no_more_than_asked_for_and_agree_on_all_else", VolumeKind.Block, 1),
        Of(InMemoryFault.IgnoresMaxResults, typeof(InMemoryExtentLists), "Law03_Batches_hold_no_more_than_asked_for_and_agree_on_all_else", VolumeKind.Tree, 1),
        Of(InMemoryFault.WrongCapacityAcrossBatches, typeof(InMemoryExtentLists), "Law03_Batches_hold_no_more_than_asked_for_and_agree_on_all_else", VolumeKind.Block, 1),
        Of(InMemoryFault.WrongCapacityAcrossBatches, typeof(InMemoryExtentLists), "Law03_Batches_hold_no_more_than_asked_for_and_agree_on_all_else", VolumeKind.Tree, 1),
        .. Both(InMemoryFault.NoBatchWhenEmpty, typeof(InMemoryExtentLists), "Law03_An_empty_answer_has_a_batch_with_the_capacity"),
        .. Both(InMemoryFault.SnapshotSeesLaterWrites, typeof(InMemoryDeltas), "Law04_The_reader_gives_the_bytes_of_the_snapshot"),
        .. Both(InMemoryFault.ZeroExtentNotZero, typeof(InMemoryDeltas), "Law05_Extents_said_to_be_zero_read_as_zeroes"),
        .. Both(InMemoryFault.SelfDeltaNotEmpty, typeof(InMemoryDeltas), "Law06_The_delta_of_a_snapshot_to_itself_is_empty"),
        Of(InMemoryFault.ForgetsGrownRange, typeof(InMemoryDeltas), "Law08_Base_plus_delta_rebuilds_target_when_the_size_changed", VolumeKind.Block, 4, 0, false),
        Of(InMemoryFault.ForgetsGrownRange, typeof(InMemoryDeltas), "Law08_Base_plus_delta_rebuilds_target_when_the_size_changed", VolumeKind.Tree, 4, 0, false),
        .. Both(InMemoryFault.AcceptsReplacedVolume, typeof(InMemoryIdentities), "Law12_A_new_volume_under_an_old_name_is_not_the_old_one"),
        .. Both(InMemoryFault.AcceptsUnrelated, typeof(InMemoryIdentities), "Law13_A_delta_between_unrelated_snapshots_is_refused"),
        .. Both(InMemoryFault.AcceptsReversed, typeof(InMemoryIdentities), "Law13_A_delta_in_the_wrong_order_is_refused"),
        .. Both(InMemoryFault.AnswersEmptyWhenItCannotKnow, typeof(InMemoryIdentities), "Law14_A_delta_from_a_deleted_base_works_or_says_base_missing"),
        .. Both(InMemoryFault.StaleLineageAfterRollback, typeof(InMemoryIdentities), "Law15_A_delta_after_a_roll_back_has_no_stale_lineage"),
        .. Both(InMemoryFault.RollbackDoesNothing, typeof(InMemoryIdentities), "Law15_A_delta_after_a_roll_back_has_no_stale_lineage"),
        .. Both(InMemoryFault.CreateNotIdempotent, typeof(InMemoryLifecycles), "Law16_Create_twice_returns_the_same_snapshot"),
        .. Both(InMemoryFault.DeleteNotIdempotent, typeof(InMemoryLifecycles), "Law16_Delete_twice_is_no_error_and_deletes_one_snapshot"),
        .. Both(InMemoryFault.ListsNewestFirst, typeof(InMemoryLifecycles), "Law16_A_list_is_complete_ordered_and_agrees_with_get"),
        .. Both(InMemoryFault.IgnoresHolds, typeof(InMemoryLifecycles), "Law16_A_hold_forbids_deletion_until_it_is_released"),
        .. Both(InMemoryFault.DestroysNewerUnasked, typeof(InMemoryLifecycles), "Law16_A_roll_back_destroys_no_newer_snapshot_unless_told_to"),
        .. Both(InMemoryFault.IgnoresCancellation, typeof(InMemoryCancellations), "Law17_A_cancelled_query_leaves_nothing"),
        .. Both(InMemoryFault.LeavesSnapshotOnCancel, typeof(InMemoryCancellations), "Law17_A_cancelled_create_leaves_no_snapshot"),
        .. Both(InMemoryFault.LeaksHold, typeof(InMemoryCancellations), "Law17_A_query_cancelled_or_left_after_its_first_batch_ends_there"),
        .. Both(InMemoryFault.GroupLeavesMember, typeof(InMemoryGroups), "Law18_A_group_that_fails_leaves_no_member"),
        .. Both(InMemoryFault.GroupNotAtOneInstant, typeof(InMemoryGroups), "Law19_A_group_never_holds_a_later_write_without_an_earlier_one"),
        Of(InMemoryFault.GroupLeavesMember, typeof(InMemoryQuiesces), "Law20_What_was_frozen_is_thawed_when_the_cut_is_stopped_at_any_step", VolumeKind.Block, true),
        Of(InMemoryFault.GroupLeavesMember, typeof(InMemoryQuiesces), "Law20_What_was_frozen_is_thawed_when_the_cut_is_stopped_at_any_step", VolumeKind.Tree, true),
        .. Both(InMemoryFault.ApplyIgnoresBase, typeof(InMemoryDifferentials), "Law21_An_increment_on_the_wrong_base_is_refused_and_nothing_is_written"),
        .. Both(InMemoryFault.ApplyPublishesTruncated, typeof(InMemoryDifferentials), "Law22_A_truncated_stream_changes_nothing"),
        Of(InMemoryFault.MissesRename, typeof(InMemoryFileDiffs), "Law23_File_diff_is_the_tree_walk_for_renames"),
        Of(InMemoryFault.MissesMetadataChange, typeof(InMemoryFileDiffs), "Law23_File_diff_is_the_tree_walk_for_attributes_and_symbolic_links"),
        Of(InMemoryFault.MissesRename, typeof(InMemoryRandomHistories), "Law23_File_diff_is_the_tree_walk_in_random_histories"),
        Of(InMemoryFault.ForgetsWhatWasRenamedOver, typeof(InMemoryFileDiffs), "Law23_File_diff_is_the_tree_walk_for_names_that_change_places", "one > same"),
        Of(InMemoryFault.MissesSecondName, typeof(InMemoryFileDiffs), "Law23_File_diff_is_the_tree_walk_for_hard_links"),
        Of(InMemoryFault.NamesAreText, typeof(InMemoryFileDiffs), "Law23_File_diff_is_the_tree_walk_for_odd_names"),
        .. Both(InMemoryFault.FallsBackSilently, typeof(InMemoryFallbacks), "Law24_An_answer_that_says_exact_lists_only_what_differs"),
        .. Both(InMemoryFault.AnswersEmptyWhenItCannotKnow, typeof(InMemoryFallbacks), "Law24_Lost_tracking_is_said_and_never_an_empty_answer"),
        Of(InMemoryFault.ListsOneByOne, typeof(InMemoryEconomies), "Law26_Listing_a_thousand_snapshots_keeps_the_command_budget"),
        .. Both(InMemoryFault.WrongGranularity, typeof(InMemoryExtentLists), "Law27_The_declared_granularity_and_style_are_true"),
        .. Both(InMemoryFault.ReadsVolumeForDelta, typeof(InMemoryEconomies), "Law28_A_delta_reads_nothing_from_the_volume"),
        .. Both(InMemoryFault.ReadsVolumeForSnapshot, typeof(InMemoryEconomies), "Law28_A_snapshot_reads_no_more_than_it_declares"),
        Of(InMemoryFault.CapabilitiesDisagree, typeof(InMemoryCapabilities), "Rule_capability_flags_and_features_agree"),
    ];

    private static FaultCase[] Both(InMemoryFault fault, Type testClass, string law)
        => [new(fault, testClass, law, VolumeKind.Block), new(fault, testClass, law, VolumeKind.Tree)];

    private static FaultCase Of(InMemoryFault fault, Type testClass, string law, params object[] arguments) => new(fault, testClass, law, arguments);
}
